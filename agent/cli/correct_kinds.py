"""The kinds of corrections as arguments of the command line, and what was typed by field."""

import argparse
from collections.abc import Mapping

from agent.correction_fields import Field
from agent.correction_kinds import Kind


def add_fields(parser: argparse.ArgumentParser, kind: Kind) -> None:
    """Add a kind's fields to its parser. All are taken as text; what they mean is understood later."""
    for field in kind.fields:
        _add(parser, field)


def _add(parser: argparse.ArgumentParser, field: Field) -> None:
    meaning = field.meaning[0]
    if field.metavar:
        parser.add_argument(field.name, metavar=field.metavar, help=meaning)
        return
    metavar = None if field.choices else field.name.upper()
    parser.add_argument(
        "--" + field.name.replace("_", "-"),
        required=field.is_needed,
        choices=field.words or None,
        metavar=metavar,
        help=meaning,
    )


def typed_values(options: argparse.Namespace, kind: Kind) -> Mapping[str, str]:
    """What was typed, by the names of the fields; those that were left out are not there."""
    given = {field.name: getattr(options, field.name) for field in kind.fields}
    return {name: str(value) for name, value in given.items() if value is not None}
