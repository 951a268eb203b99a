"""The command `demo`."""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

import uvloop

from agent.cli.parsers import AddCommand, Subparsers
from agent.demo.past import MOST_DAYS, Past
from agent.demo.run import DemoFailed, DemoOptions, run_demo
from agent.logs import set_up_logs
from agent.texts import texts_for


def add_parsers(subparsers: Subparsers, add_command: AddCommand) -> None:
    """Add `demo`."""
    parser = add_command(subparsers, "demo", demo, "watch a whole simulated mill", site=False)
    parser.add_argument("--seconds", type=_positive, help="end after so many seconds of real time (default: Ctrl-C)")
    parser.add_argument("--speed", type=_positive, default=60.0, help="simulated seconds a second (default: 60)")
    parser.add_argument("--port", type=_port, help="first of the ports of all servers (default: free ones)")
    parser.add_argument("--summary", type=Path, metavar="FILE", help="write counts, truth and differences as JSON")
    parser.add_argument("--influx", metavar="URL", help="write to this database (token: ATSUEN_INFLUX__TOKEN)")
    parser.add_argument("--mqtt", type=_address, metavar="HOST:PORT", help="use this broker, not the embedded one")
    parser.add_argument(
        "--past", type=_days, default=35, metavar="DAYS", help="days of the mill that lie behind it (default: 35)"
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep journal and lines here (default: not kept)")
    parser.add_argument(
        "--no-dashboard", dest="has_dashboard", action="store_false", help="serve no pages beside the demonstration"
    )


def demo(options: argparse.Namespace) -> int:
    """Run the simulated mill; 0 when every register agrees with the truth."""
    set_up_logs(quiet=True)
    chosen = DemoOptions(
        options.seconds,
        options.speed,
        options.port,
        options.influx,
        options.mqtt,
        options.data,
        texts_for(options.lang),
        Past(options.past),
        options.has_dashboard,
    )
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            summary = runner.run(run_demo(chosen, quiet=options.json))
    except DemoFailed as error:
        print(error, file=sys.stderr)
        return 1
    if options.summary is not None:
        summary.write(options.summary)
    if options.json:
        print(json.dumps(asdict(summary), ensure_ascii=False))
    return 0 if summary.holds else 1


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def _days(text: str) -> int:
    number = int(text)
    if not 0 <= number <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and {MOST_DAYS}")
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
