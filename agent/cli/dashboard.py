"""The commands `dashboard` and `dashboard password`."""

import argparse
import asyncio
import sys

from agent.cli.parsers import AddCommand, Subparsers
from agent.cli.people import add_person_arguments, print_person_line
from agent.clock import SystemClock
from agent.logs import set_up_logs
from agent.settings.site import load_site

OK, FAILED = 0, 1
ROLES = ("manager", "reader")


def add_parsers(subparsers: Subparsers, add_command: AddCommand) -> None:
    """Add `dashboard` and what it has inside."""
    parser = add_command(subparsers, "dashboard", dashboard, "serve the pages for people")
    parser.add_argument("--port", type=_port, help="serve at this port (default: the site file's)")
    inside = parser.add_subparsers(metavar="ACTION")
    password = add_command(inside, "password", print_person_line, "print a line for the file `people`", site=False)
    add_person_arguments(password, ROLES)


def dashboard(options: argparse.Namespace) -> int:
    """Serve until told to stop; 1 when the address or the TLS files cannot be used."""
    from agent.dashboard.serve import run_dashboard_service  # noqa: PLC0415 - a web server, for this command alone
    from agent.dashboard.setup import setup_of  # noqa: PLC0415

    set_up_logs()
    setup = setup_of(load_site(options.folder), SystemClock(), options.port)
    try:
        asyncio.run(run_dashboard_service(setup))
    except OSError as error:  # an ssl.SSLError is one too
        print(error, file=sys.stderr)
        return FAILED
    return OK


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 65535):
        raise argparse.ArgumentTypeError(f"{text} is no port from 1 to 65535")
    return int(text)
