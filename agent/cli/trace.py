"""The command `trace`: a figure is followed down to its registers."""

import argparse
import json
import sys
from datetime import datetime

from rich.console import Console

from agent.accounting.calendar import month_starts_utc_s
from agent.cli.parsers import AddCommand, Subparsers
from agent.clock import SystemClock
from agent.reports.table import as_records, for_people
from agent.reports.trace import trace_tables
from agent.settings.site import load_site
from agent.texts import texts_for
from agent.trace import NoSuchLine, trace_line

OK, FAILED, WRONG_USAGE = 0, 1, 2


def add_parsers(subparsers: Subparsers, add_command: AddCommand) -> None:
    """Add `trace`."""
    down = add_command(subparsers, "trace", trace, "what a line of the statement rests on")
    down.add_argument("line", metavar="LINE", help="a stream or a product")
    down.add_argument("--fiscal-year", type=int, required=True)
    down.add_argument("--month", metavar="MONTH", help="the half hours of this month, as 2023-09")
    down.add_argument("--scheme", help="another scheme than the site's")


def trace(options: argparse.Namespace) -> int:
    """Print what a line rests on, month by month, or the half hours of one month."""
    site, texts = load_site(options.folder), texts_for(options.lang)
    zone = site.file.site.zone
    starts = month_starts_utc_s(options.fiscal_year, zone)
    start, end = starts[0], min(starts[-1], SystemClock().now_ms() // 1000 // 1800 * 1800)
    names = [datetime.fromtimestamp(utc_s, zone).strftime("%Y-%m") for utc_s in starts[:-1]]
    if options.month is not None:
        if options.month not in names:
            print(f"{options.month} is not in fiscal year {options.fiscal_year}: {', '.join(names)}", file=sys.stderr)
            return WRONG_USAGE
        index = names.index(options.month)
        start, end = starts[index], min(starts[index + 1], end)
    try:
        size = "month" if options.month is None else "half-hour"
        found = trace_line(site, options.line, start, end, size, scheme=options.scheme)
    except NoSuchLine as error:
        print(error.text(texts.language), file=sys.stderr)
        return WRONG_USAGE
    except ValueError as error:
        print(error, file=sys.stderr)
        return FAILED
    tables = trace_tables(texts, found, zone)
    if options.json:
        print(json.dumps({table.title: as_records(table) for table in tables}, ensure_ascii=False))
        return OK
    console = Console(markup=False)
    for table in tables:
        console.print(for_people(table, console.width))
    return OK
