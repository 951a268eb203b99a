"""Parses arguments and calls the command. Exit codes: 0 done, 1 failed, 2 wrong usage, 78 wrong configuration."""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from agent.cli import commands, correct, figures, imports, new, simulate, submission, year
from agent.cli.changes import show_change
from agent.cli.parsers import AddCommand, Subparsers
from agent.settings.mistakes import SettingsError
from agent.storage.database import StorageError
from agent.texts import LANGUAGES

OK, FAILED, WRONG_CONFIGURATION = 0, 1, 78
DEFAULT_FOLDER = Path("/etc/atsuen")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    options = _parser().parse_args(arguments)
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="atsuen", description="Energy and CO2 agent for rolling mills (圧延).")
    parser.add_argument("--version", action="version", version=f"atsuen {version('atsuen')}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for add_parsers in (
        _add_demo,
        new.add_parsers,
        _add_site,
        figures.add_parsers,
        _add_book,
        year.add_parsers,
        submission.add_parsers,
        _add_ledger,
        simulate.add_parsers,
        _add_services,
    ):
        add_parsers(subparsers, _command)
    return parser


def _add_demo(subparsers: Subparsers, _: AddCommand) -> None:
    demo = _command(subparsers, "demo", commands.demo, "watch a whole simulated mill", site=False)
    demo.add_argument("--seconds", type=_positive, help="end after so many seconds of real time (default: Ctrl-C)")
    demo.add_argument("--speed", type=_positive, default=60.0, help="simulated seconds a second (default: 60)")
    demo.add_argument("--port", type=_port, help="first of the ports of the servers (default: free ports)")
    demo.add_argument("--summary", type=Path, metavar="FILE", help="write counts, truth and differences as JSON")
    demo.add_argument("--influx", metavar="URL", help="write to this database (token: ATSUEN_INFLUX__TOKEN)")
    demo.add_argument("--mqtt", type=_address, metavar="HOST:PORT", help="use this broker instead of the embedded one")
    demo.add_argument("--data", type=Path, metavar="DIR", help="keep journal and lines here (default: not kept)")


def _add_site(subparsers: Subparsers, add_command: AddCommand) -> None:
    check = add_command(subparsers, "check", commands.check, "find every mistake in a site's settings")
    check.add_argument("--fiscal-year", type=int, help="check the factors of this fiscal year (default: now)")
    add_command(subparsers, "plan", commands.plan, "print the reads that one poll of each endpoint sends")


def _add_book(subparsers: Subparsers, add_command: AddCommand) -> None:
    correct.add_parsers(subparsers, add_command, show_change)
    imports.add_parsers(subparsers, add_command, show_change)


def _add_ledger(subparsers: Subparsers, add_command: AddCommand) -> None:
    ledger = subparsers.add_parser("ledger", help="the record that figures rest on")
    inside = ledger.add_subparsers(required=True, metavar="ACTION")
    purpose = "hash every half hour, event and entry of the book again, against the chains"
    add_command(inside, "verify", commands.verify_ledger, purpose)


def _add_services(subparsers: Subparsers, add_command: AddCommand) -> None:
    add_command(subparsers, "run", commands.run, "read meters, keep the journal, publish")
    add_command(subparsers, "reload", commands.reload, "have the running agent take over a changed site file")
    add_command(subparsers, "bridge", commands.bridge, "take lines from the broker to the database or to files")


def _command(
    subparsers: Subparsers,
    name: str,
    call: commands.Command,
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


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise argparse.ArgumentTypeError(f"{text} is not HOST:PORT")
    return host, int(port)


def _port(text: str) -> int:
    number = int(text)
    if not 1024 <= number <= 65_500:
        raise argparse.ArgumentTypeError(f"{text} is not between 1024 and 65500")
    return number
