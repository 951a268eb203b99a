"""Parses arguments and calls the command. Exit codes: 0 done, 1 failed, 2 wrong usage, 78 wrong configuration."""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from agent.accounting.spans import SIZES
from agent.cli import commands, figures, simulate
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

    demo = _command(subparsers, "demo", commands.demo, "watch a whole simulated mill", site=False)
    demo.add_argument("--seconds", type=_positive, help="end after so many seconds of real time (default: Ctrl-C)")
    demo.add_argument("--speed", type=_positive, default=60.0, help="simulated seconds a second (default: 60)")
    demo.add_argument("--port", type=_port, help="first of the ports of the servers (default: free ports)")
    demo.add_argument("--summary", type=Path, metavar="FILE", help="write counts, truth and differences as JSON")
    demo.add_argument("--influx", metavar="URL", help="write to this database (token: ATSUEN_INFLUX__TOKEN)")
    demo.add_argument("--mqtt", type=_address, metavar="HOST:PORT", help="use this broker instead of the embedded one")
    demo.add_argument("--data", type=Path, metavar="DIR", help="keep journal and lines here (default: not kept)")

    check = _command(subparsers, "check", commands.check, "find every mistake in a site's settings")
    check.add_argument("--fiscal-year", type=int, help="check the factors of this fiscal year (default: now)")
    energy = _command(subparsers, "energy", figures.energy, "quantities, GJ, CO2, production and intensity by time")
    energy.add_argument("--by", choices=SIZES, default="half-hour", help="one row for each (default: half-hour)")
    energy.add_argument("--from", dest="start", metavar="TIME", help="local date or time (default: today)")
    energy.add_argument("--to", dest="end", metavar="TIME", help="local date or time, not included (default: now)")
    energy.add_argument("--fiscal-year", type=int, help="the whole of this fiscal year instead")
    energy.add_argument("--stream", action="append", default=[], help="this stream only (may be given again)")
    energy.add_argument("--csv", action="store_true", help="print as CSV")
    statement = _command(subparsers, "statement", figures.statement, "the annual statement, with every factor used")
    statement.add_argument("--fiscal-year", type=int, required=True)
    for parser_of_figures in (energy, statement):
        parser_of_figures.add_argument("--scheme", help="another scheme than the site's")
    year = _command(subparsers, "simulate-year", simulate.simulate_year, "a whole simulated year, judged by its truth")
    year.add_argument("--fiscal-year", type=int, required=True)
    year.add_argument("--seed", type=int, default=1, help="which mill, and which faults (default: 1)")
    year.add_argument("--no-faults", action="store_true", help="nothing goes wrong")
    year.add_argument("--out", type=Path, metavar="DIR", help="keep the journal here (default: not kept)")
    ledger = subparsers.add_parser("ledger", help="the record that figures rest on")
    inside = ledger.add_subparsers(required=True, metavar="ACTION")
    _command(inside, "verify", commands.verify_ledger, "hash every half hour and event again, against the seals")
    _command(subparsers, "plan", commands.plan, "print the reads that one poll of each endpoint sends")
    _command(subparsers, "run", commands.run, "read meters, keep the journal, publish")
    _command(subparsers, "reload", commands.reload, "have the running agent take over a changed site file")
    _command(subparsers, "bridge", commands.bridge, "take lines from the broker to the database or to files")
    return parser


def _command(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
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
