"""The commands that write the book, with the figures that a dry run shows."""

from agent.cli import correct, imports
from agent.cli.changes import show_change
from agent.cli.parsers import AddCommand, Subparsers


def add_parsers(subparsers: Subparsers, add_command: AddCommand) -> None:
    """Add `correct` and `import`."""
    correct.add_parsers(subparsers, add_command, show_change)
    imports.add_parsers(subparsers, add_command, show_change)
