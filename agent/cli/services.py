"""The commands `run`, `reload` and `bridge`: the services."""

import argparse
import asyncio
import sys

import uvloop

from agent.cli.parsers import AddCommand, Subparsers
from agent.logs import set_up_logs
from agent.service import ask_to_reload, run_agent_service, run_bridge_service
from agent.settings.site import load_site


def add_parsers(subparsers: Subparsers, add_command: AddCommand) -> None:
    """Add the services."""
    add_command(subparsers, "run", run, "read meters, keep the journal, publish")
    add_command(subparsers, "reload", reload, "have the running agent take over a changed site file")
    add_command(subparsers, "bridge", bridge, "take lines from the broker to the database or to files")


def run(options: argparse.Namespace) -> int:
    """Run the agent until it is told to stop."""
    set_up_logs()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run_agent_service(load_site(options.folder)))
    return 0


def reload(options: argparse.Namespace) -> int:
    """Have a running agent read its site again; a site with mistakes is not offered to it."""
    problem = ask_to_reload(load_site(options.folder))
    if problem:
        print(problem, file=sys.stderr)
    return 1 if problem else 0


def bridge(options: argparse.Namespace) -> int:
    """Run the bridge until it is told to stop."""
    set_up_logs()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run_bridge_service(load_site(options.folder)))
    return 0
