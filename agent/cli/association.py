"""The commands of `association`: their arguments. What they do is loaded when one of them is called."""

import argparse
from collections.abc import Callable
from pathlib import Path

from agent.cli.parsers import AddCommand, Subparsers
from agent.cli.people import add_person_arguments, print_person_line

Command = Callable[[argparse.Namespace], int]
DEFAULT_FOLDER = Path("/etc/atsuen-association")
ROLES = ("officer", "reader")


def add_parsers(subparsers: Subparsers, add_command: AddCommand) -> None:
    """Add `association` and its actions; `-c` names the association's folder."""
    association = subparsers.add_parser("association", help="from signed submissions to the industry's form")
    inside = association.add_subparsers(required=True, metavar="ACTION")

    def add(name: str, call: Command, purpose: str) -> argparse.ArgumentParser:
        parser = add_command(inside, name, call, purpose, site=False)
        parser.add_argument("-c", dest="folder", type=Path, default=DEFAULT_FOLDER, help="the association's folder")
        return parser

    receive = add("receive", _later("receive"), "take signed files in; 1 when one is held")
    receive.add_argument("files", type=Path, nargs="*", metavar="FILE")
    receive.add_argument("--held", action="store_true", help="look again at what is held")
    add("serve", _later("serve"), "take in by MQTT, HTTPS and folder; serve the officer's pages")
    status = add("status", _later("status"), "who has submitted, what is late, held and asked")
    _add_year(status)
    status.add_argument("--reminders", action="store_true", help="print the reminders to send")
    form = add("form", _later("form"), "print the industry's form")
    _add_year(form)
    form.add_argument("--out", type=Path, metavar="DIR", required=True, help="a folder for workbooks, pages and JSON")
    form.add_argument("--publish", metavar="NAME", help="who publishes it: later forms of the year give no more away")
    compare = add(
        "compare", _later("compare"), "each participant beside the anonymous spread of the others, as letters"
    )
    _add_year(compare)
    compare.add_argument("--company", metavar="ID", help="this one alone")
    compare.add_argument("--out", type=Path, metavar="DIR", help="a folder for the letters, two languages each")
    _add_year(add("close", _later("close"), "put a complete year into history.toml"))
    answer = add("answer", _later("answer"), "answer a question about a site's document")
    _add_year(answer)
    for name, purpose in (("company", "as in the roster"), ("site", "as in the roster"), ("key", "as status prints")):
        answer.add_argument(name, help=purpose)
    answer.add_argument("text", help="what the sender says")
    answer.add_argument("--person", required=True, metavar="NAME", help="who answers")
    password = add("password", print_person_line, "print a line for the file `people`")
    add_person_arguments(password, ROLES)


def _add_year(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fiscal-year", type=_year, required=True, metavar="N", help="the year in which it began")


def _year(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) == 4):
        raise argparse.ArgumentTypeError(f"{text} is no year")
    return int(text)


def _later(name: str) -> Command:
    """The command of a name. Database and web server are loaded for these commands alone."""

    def run(options: argparse.Namespace) -> int:
        from agent.cli.association_commands import COMMANDS  # noqa: PLC0415 - 300 ms that no other command needs

        return COMMANDS[name](options)

    return run
