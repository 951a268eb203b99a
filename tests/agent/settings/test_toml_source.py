"""Every key of a TOML file has its line and column."""

from pathlib import Path

import pytest

from agent.settings.mistakes import SettingsError
from agent.settings.toml_source import read_toml

TEXT = """\
[site]
id = "x"

[[endpoint]]
host = "a"
  [[endpoint.device]]
  x = { a = 1, b = [1, 2] }
  [[endpoint.device]]
  "quoted key" = 1
[[endpoint]]
  [[endpoint.device]]
  z.q = 2
"""


@pytest.mark.parametrize(
    ("key_path", "position"),
    [
        (("site",), (1, 2)),
        (("site", "id"), (2, 1)),
        (("endpoint", 0, "host"), (5, 1)),
        (("endpoint", 0, "device", 0, "x", "b", 1), (7, 24)),
        (("endpoint", 0, "device", 1, "quoted key"), (9, 3)),
        (("endpoint", 1, "device", 0, "z", "q"), (12, 3)),
        (("endpoint", 1, "missing"), (10, 3)),
        (("nowhere",), (1, 1)),
    ],
)
def test_positions(tmp_path: Path, key_path: tuple[str | int, ...], position: tuple[int, int]) -> None:
    path = tmp_path / "a.toml"
    path.write_text(TEXT, encoding="utf-8")
    assert read_toml(path).position(key_path) == position


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = 1\nb = \n", 2), ("[a\n", 1), ("a = 1\na = 2\n", 2)],
)
def test_a_file_that_is_not_toml_is_named_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read_toml(path)
    (mistake,) = caught.value.mistakes
    assert mistake.line == line
    assert str(mistake).startswith(f"{path}:{line}:")


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="configs/demo is one to copy"):
        read_toml(tmp_path / "site.toml")


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="cannot be read"):
        read_toml(path)
