"""The commands `check` and `plan`: is a site right, and what will be read."""

import argparse
import json
import sys
from collections.abc import Sequence

from agent.accounting.calendar import fiscal_year_of
from agent.check import check_factors, check_people, lacks_people
from agent.cli.parsers import AddCommand, Subparsers
from agent.clock import SystemClock
from agent.settings.mistakes import Mistake, SettingsError
from agent.settings.site import Site, load_site
from agent.storage.copies import DamagedCopy, damaged_copies
from agent.texts import Texts, texts_for

WRONG_CONFIGURATION = 78


def add_parsers(subparsers: Subparsers, add_command: AddCommand) -> None:
    """Add `check` and `plan`."""
    parser = add_command(subparsers, "check", check, "find every mistake in a site's settings")
    parser.add_argument("--fiscal-year", type=int, help="check the factors of this fiscal year (default: now)")
    add_command(subparsers, "plan", plan, "print the reads that one poll of each endpoint sends")


def check(options: argparse.Namespace) -> int:
    """Print every mistake of a site; 78 when there is one."""
    texts = texts_for(options.lang)
    try:
        site = load_site(options.folder)
    except SettingsError as error:
        if not options.json:
            raise
        print(json.dumps(_mistakes_as_json(error.mistakes), ensure_ascii=False))
        return WRONG_CONFIGURATION
    year = options.fiscal_year or fiscal_year_of(SystemClock().now_ms() // 1000, site.file.site.zone)
    mistakes = check_factors(site, year) + check_people(site)
    copies = damaged_copies(site.path(site.file.journal.path))
    if options.json:
        print(json.dumps(_as_json(site, mistakes, copies), ensure_ascii=False))
    else:
        _print_found(site, mistakes, copies, texts)
    return WRONG_CONFIGURATION if mistakes else 0


def _print_found(site: Site, mistakes: Sequence[Mistake], copies: Sequence[DamagedCopy], texts: Texts) -> None:
    if mistakes:
        print("\n".join(mistake.text(texts.language) for mistake in mistakes), file=sys.stderr)
        print(texts("check_bad", count=len(mistakes)), file=sys.stderr)
    else:
        points = sum(len(layout.points) for layout in site.layouts.values())
        print(texts("check_ok", folder=site.folder, devices=len(site.layouts), points=points))
    if lacks_people(site):
        print(texts("check_no_people", file=site.path(site.file.dashboard.people)))
    if copies:
        size_mb = sum(copy.total_bytes for copy in copies) / 1e6
        names = ", ".join(copy.path.name for copy in copies)
        print(texts("check_copies", count=len(copies), size_mb=f"{size_mb:,.0f}", names=names))


def _as_json(site: Site, mistakes: Sequence[Mistake], copies: Sequence[DamagedCopy]) -> dict[str, object]:
    return _mistakes_as_json(mistakes) | {
        "devices": len(site.layouts),
        "points": sum(len(layout.points) for layout in site.layouts.values()),
        "damaged_copies": [{"file": str(copy.path), "bytes": copy.total_bytes} for copy in copies],
    }


def _mistakes_as_json(mistakes: Sequence[Mistake]) -> dict[str, object]:
    """Each mistake in English as it is printed, and its kind, empty where there is none."""
    return {"mistakes": [str(mistake) for mistake in mistakes], "kinds": [mistake.kind for mistake in mistakes]}


def plan(options: argparse.Namespace) -> int:
    """Print what one poll of each endpoint sends."""
    site, texts = load_site(options.folder), texts_for(options.lang)
    plans = {endpoint.id: endpoint.protocol.describe_plan(endpoint.settings) for endpoint in site.endpoints}
    if options.json:
        print(json.dumps(plans, ensure_ascii=False))
        return 0
    for endpoint in site.endpoints:
        print(texts("plan_every", endpoint=endpoint.id, seconds=f"{endpoint.poll_s:g}"))
        for line in plans[endpoint.id]:
            print(f"  {line}")
    return 0
