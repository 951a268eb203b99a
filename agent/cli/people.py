"""A line for the file of people: asks for a password and prints its argon2id hash with role and name."""

import argparse
import getpass
import json
import sys
from collections.abc import Sequence

OK, WRONG_USAGE = 0, 2
_SHORTEST_PASSWORD = 12


def add_person_arguments(parser: argparse.ArgumentParser, roles: Sequence[str]) -> None:
    """Add who it is, and the role; the last of `roles` where none is given."""
    parser.add_argument("name", help="who may log in")
    parser.add_argument("--role", choices=roles, default=roles[-1], help=f"default: {roles[-1]}")


def print_person_line(options: argparse.Namespace) -> int:
    """Print the line of a person whose password is typed twice, or read from a pipe; 2 for one that will not do."""
    from agent.web.passwords import hash_password  # noqa: PLC0415 - argon2, for this command alone
    from agent.web.people import Person, person_line, tidy_name  # noqa: PLC0415

    name = tidy_name(options.name)
    if not name:
        print("a name is one line of at most 100 characters", file=sys.stderr)
        return WRONG_USAGE
    password = _password()
    if password is None:
        return WRONG_USAGE
    line = person_line(Person(name, options.role, hash_password(password)))
    print(json.dumps({"line": line}, ensure_ascii=False) if options.json else line)
    return OK


def _password() -> str | None:
    """A password; None after saying why it will not do."""
    if sys.stdin.isatty():
        typed = getpass.getpass("password: ")
        if getpass.getpass("once more: ") != typed:
            print("these were two different passwords", file=sys.stderr)
            return None
    else:
        typed = sys.stdin.readline().rstrip("\n")
    if len(typed) < _SHORTEST_PASSWORD:
        print(f"a password has at least {_SHORTEST_PASSWORD} characters", file=sys.stderr)
        return None
    return typed
