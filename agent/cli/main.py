"""Parses arguments and calls the command. Exit codes: 0 done, 1 failed, 2 wrong usage, 78 wrong configuration.

141 when whoever reads the output goes away (`atsuen … | head`), as a shell has it of a program that SIGPIPE ends.

A command's module is imported when that command is called; all of them are for help and for a command that is none.
"""

import argparse
import os
import select
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from agent.cli.parsers import Subparsers
from agent.settings.mistakes import SettingsError
from agent.storage.database import StorageError
from agent.texts import LANGUAGES, texts_for

OK, FAILED, WRONG_CONFIGURATION, READER_GONE = 0, 1, 78, 141
STDOUT, STDERR = 1, 2
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
    """Run one command; gives the exit code. All that it printed has been handed on by then."""
    try:
        try:
            return _run(sys.argv[1:] if arguments is None else arguments)
        finally:
            print(end="", flush=True)
    except BrokenPipeError:
        gone = [number for number in (STDOUT, STDERR) if _is_unread(number)]
        if not gone:
            raise  # some other pipe or connection
        for number in gone:
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)  # what is left is flushed into it at the end
        return READER_GONE


def _run(words: Sequence[str]) -> int:
    options = _parser(words[0] if words else "").parse_args(words)
    try:
        return int(options.command(options))
    except SettingsError as error:
        print(error.text(texts_for(options.lang).language), file=sys.stderr)
        return WRONG_CONFIGURATION
    except StorageError as error:
        print(error, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return FAILED


def _is_unread(number: int) -> bool:
    """Whether the other end of an open file is closed: what is written into it reaches nobody."""
    poll = select.poll()
    poll.register(number, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


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
