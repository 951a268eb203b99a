"""Where the data files that ship with the program are: beside the package in a checkout, inside it when installed."""

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def configs_folder() -> Path:
    """The folder with `devices`, `factors` and `demo`."""
    installed = _PACKAGE / "configs"
    return installed if installed.is_dir() else _PACKAGE.parent / "configs"
