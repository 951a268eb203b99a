"""The commands `dashboard` and `dashboard password`."""

import argparse
import asyncio
import getpass
import json
import sys

from agent.cli.parsers import AddCommand, Subparsers
from agent.clock import SystemClock
from agent.logs import set_up_logs
from agent.settings.site import load_site

OK, FAILED, WRONG_USAGE = 0, 1, 2
_SHORTEST_PASSWORD = 12


def add_parsers(subparsers: Subparsers, add_command: AddCommand) -> None:
    """Add `dashboard` and what it has inside."""
    parser = add_command(subparsers, "dashboard", dashboard, "serve the pages for people")
    parser.add_argument("--port", type=_port, help="serve at this port (default: the site file's)")
    inside = parser.add_subparsers(metavar="ACTION")
    purpose = "ask for a password and print its argon2 hash, for the credential dashboard__password_hash"
    hashing = inside.add_parser("password", help=purpose, description=purpose)
    hashing.set_defaults(command=password)


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


def password(options: argparse.Namespace) -> int:
    """Print the hash of a password that is typed twice, or read from a pipe."""
    from agent.dashboard.auth import hash_password  # noqa: PLC0415

    if sys.stdin.isatty():
        typed = getpass.getpass("password: ")
        if getpass.getpass("once more: ") != typed:
            print("these were two different passwords", file=sys.stderr)
            return WRONG_USAGE
    else:
        typed = sys.stdin.readline().rstrip("\n")
    if len(typed) < _SHORTEST_PASSWORD:
        print(f"a password has at least {_SHORTEST_PASSWORD} characters", file=sys.stderr)
        return WRONG_USAGE
    hashed = hash_password(typed)
    print(json.dumps({"password_hash": hashed}) if options.json else hashed)
    return OK


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 65535):
        raise argparse.ArgumentTypeError(f"{text} is no port from 1 to 65535")
    return int(text)
