"""The commands `check` and `plan`: is a site right, and what will be read."""

import argparse
import json
import sys

from agent.accounting.calendar import fiscal_year_of
from agent.check import check_factors
from agent.cli.parsers import AddCommand, Subparsers
from agent.clock import SystemClock
from agent.settings.site import load_site
from agent.storage.copies import damaged_copies
from agent.texts import texts_for


def add_parsers(subparsers: Subparsers, add_command: AddCommand) -> None:
    """Add `check` and `plan`."""
    parser = add_command(subparsers, "check", check, "find every mistake in a site's settings")
    parser.add_argument("--fiscal-year", type=int, help="check the factors of this fiscal year (default: now)")
    add_command(subparsers, "plan", plan, "print the reads that one poll of each endpoint sends")


def check(options: argparse.Namespace) -> int:
    """Print every mistake of a site; 78 when there is one."""
    texts = texts_for(options.lang)
    site = load_site(options.folder)
    year = options.fiscal_year or fiscal_year_of(SystemClock().now_ms() // 1000, site.file.site.zone)
    mistakes = check_factors(site, year)
    points = sum(len(layout.points) for layout in site.layouts.values())
    copies = damaged_copies(site.path(site.file.journal.path))
    if options.json:
        told = [{"file": str(copy.path), "bytes": copy.total_bytes} for copy in copies]
        found = {"mistakes": [str(m) for m in mistakes], "devices": len(site.layouts), "points": points}
        print(json.dumps(found | {"damaged_copies": told}))
    elif mistakes:
        print("\n".join(str(mistake) for mistake in mistakes), file=sys.stderr)
        print(texts("check_bad", count=len(mistakes)), file=sys.stderr)
    else:
        print(texts("check_ok", folder=options.folder, devices=len(site.layouts), points=points))
    if copies and not options.json:
        size_mb = sum(copy.total_bytes for copy in copies) / 1e6
        names = ", ".join(copy.path.name for copy in copies)
        print(texts("check_copies", count=len(copies), size_mb=f"{size_mb:,.0f}", names=names))
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
