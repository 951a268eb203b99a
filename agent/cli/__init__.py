"""The command line: arguments only; each command is one call."""

from agent.cli.main import main

__all__ = ["main"]
