"""The commands: each takes the parsed arguments, makes one call and gives the exit code."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import asdict

import uvloop

from agent.accounting.calendar import fiscal_year_of
from agent.check import check_factors
from agent.clock import SystemClock
from agent.logs import set_up_logs
from agent.service import ask_to_reload, run_agent_service, run_bridge_service
from agent.settings.site import load_site
from agent.storage.book import book_path, verify_book
from agent.storage.ledger import Ledger
from agent.texts import texts_for

Command = Callable[[argparse.Namespace], int]


def demo(options: argparse.Namespace) -> int:
    """Run the simulated mill; 0 when every register agrees with the truth."""
    from agent.demo.run import DemoFailed, DemoOptions, run_demo  # noqa: PLC0415 - servers and all: only for this one

    set_up_logs(quiet=True)
    chosen = DemoOptions(
        options.seconds,
        options.speed,
        options.port,
        options.influx,
        options.mqtt,
        options.data,
        texts_for(options.lang),
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


def check(options: argparse.Namespace) -> int:
    """Print every mistake of a site; 78 when there is one."""
    texts = texts_for(options.lang)
    site = load_site(options.folder)
    year = options.fiscal_year or fiscal_year_of(SystemClock().now_ms() // 1000, site.file.site.zone)
    mistakes = check_factors(site, year)
    points = sum(len(layout.points) for layout in site.layouts.values())
    if options.json:
        print(json.dumps({"mistakes": [str(m) for m in mistakes], "devices": len(site.layouts), "points": points}))
    elif mistakes:
        print("\n".join(str(mistake) for mistake in mistakes), file=sys.stderr)
        print(texts("check_bad", count=len(mistakes)), file=sys.stderr)
    else:
        print(texts("check_ok", folder=options.folder, devices=len(site.layouts), points=points))
    return 78 if mistakes else 0


def plan(options: argparse.Namespace) -> int:
    """Print what one poll of each endpoint sends."""
    site = load_site(options.folder)
    plans = {endpoint.id: endpoint.protocol.describe_plan(endpoint.settings) for endpoint in site.endpoints}
    if options.json:
        print(json.dumps(plans, ensure_ascii=False))
        return 0
    for endpoint in site.endpoints:
        print(f"{endpoint.id}: every {endpoint.poll_s:g} s")
        for line in plans[endpoint.id]:
            print(f"  {line}")
    return 0


def verify_ledger(options: argparse.Namespace) -> int:
    """Hold ledger and book against their chains of hashes; 1 when a row was changed, removed or inserted."""
    site = load_site(options.folder)
    journal = site.path(site.file.journal.path)
    ledger = Ledger(journal)
    try:
        found = ledger.verify()
    finally:
        ledger.close()
    book = verify_book(book_path(journal))
    problems = (*found.problems, *book.problems)
    texts = texts_for(options.lang)
    if options.json:
        print(json.dumps(asdict(found) | {"holds": not problems, "book": asdict(book)}, ensure_ascii=False))
    else:
        for problem in problems:
            print(problem, file=sys.stderr)
        key = "ledger_broken" if found.problems else "ledger_holds"
        print(texts(key, seals=f"{found.seals:,}", rows=f"{found.rows:,}", head=found.head))
        key = "book_broken" if book.problems else "book_holds"
        print(texts(key, entries=f"{book.entries:,}", head=book.head))
    return 1 if problems else 0


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
