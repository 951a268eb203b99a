"""Parses arguments and calls the command. Exit codes: 0 done, 1 failed, 2 wrong usage, 78 wrong configuration.

A command's module is imported when that command is called; all of them are for help and for a command that is none.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from agent.cli.parsers import Subparsers
from agent.settings.mistakes import SettingsError
from agent.storage.database import StorageError
from agent.texts import LANGUAGES

OK, FAILED, WRONG_CONFIGURATION = 0, 1, 78
DEFAULT_FOLDER = Path("/etc/atsuen")

_MODULES: Mapping[str, tuple[str, ...]] = {
    "demonstration": ("demo",),
    "new": ("init",),
    "site": ("check", "plan"),
    "figures": ("energy", "statement"),
    "book": ("correct", "import"),
    "year": ("close",),
    "trace": ("trace",),
    "submission": ("key", "submission"),
    "ledger": ("ledger",),
    "simulate": ("simulate-year",),
    "services": ("run", "reload", "bridge"),
    "dashboard": ("dashboard",),
    "association": ("association",),
    "alerts": ("alerts",),
}
"""The modules of this package, in the order of the help, with the commands that each adds."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    options = _parser(words[0] if words else "").parse_args(words)
    try:
        return int(options.command(options))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return WRONG_CONFIGURATION
    except StorageError as error:
        print(error, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return FAILED


def _parser(first_word: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="atsuen", description="Energy and CO2 agent for rolling mills (圧延).")
    parser.add_argument("--version", action="version", version=f"atsuen {version('atsuen')}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    asked = [module for module, commands in _MODULES.items() if first_word in commands]
    for module in asked or _MODULES:
        import_module(f"agent.cli.{module}").add_parsers(subparsers, _command)
    return parser


def _command(
    subparsers: Subparsers,
    name: str,
    call: Callable[[argparse.Namespace], int],
    purpose: str,
    *,
    site: bool = True,
) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(name, help=purpose, description=purpose)
    parser.set_defaults(command=call)
    if site:
        parser.add_argument("-c", dest="folder", type=Path, default=DEFAULT_FOLDER, help="the site's directory")
    parser.add_argument("--lang", choices=LANGUAGES, help="language of the output (default: the locale's)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser
