"""How the commands put themselves into the command line."""

import argparse
from collections.abc import Callable
from typing import Protocol, TypeAlias

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - argparse gives the type no public name


class AddCommand(Protocol):
    """Adds a command with the options that all commands have; see `agent.cli.main`."""

    def __call__(
        self,
        subparsers: Subparsers,
        name: str,
        call: Callable[[argparse.Namespace], int],
        purpose: str,
        *,
        site: bool = True,
    ) -> argparse.ArgumentParser:
        """Give the command's parser; without `site` it has no directory of a site."""
        ...
