"""The commands that print figures: `energy` and `statement`."""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console

from agent.accounting.calendar import fiscal_year_of, local_day_utc_s, month_starts_utc_s
from agent.accounting.interval import INTERVAL_S
from agent.accounting.spans import SIZES
from agent.cli.parsers import AddCommand, Subparsers
from agent.clock import SystemClock
from agent.query import find_streams, query_time, query_year, spans_of
from agent.reports.energy import energy_table
from agent.reports.statement import statement_tables
from agent.reports.table import Table, as_csv, as_records, for_people
from agent.settings.site import Site, load_site
from agent.texts import texts_for
from agent.texts.refusal import RefusalError
from agent.typed import read_instant
from agent.year_report import end_of, write_report, year_report

FAILED, WRONG_USAGE = 1, 2


def add_parsers(subparsers: Subparsers, add_command: AddCommand) -> None:
    """Add `energy` and `statement`."""
    by_time = add_command(subparsers, "energy", energy, "quantities, GJ, CO2, production and intensity by time")
    by_time.add_argument("--by", choices=SIZES, default="half-hour", help="one row for each (default: half-hour)")
    by_time.add_argument("--from", dest="start", metavar="TIME", help="local date or time (default: today)")
    by_time.add_argument("--to", dest="end", metavar="TIME", help="local date or time, not included (default: now)")
    by_time.add_argument("--fiscal-year", type=int, help="the whole of this fiscal year instead")
    by_time.add_argument("--stream", action="append", default=[], help="this stream only (may be given again)")
    by_time.add_argument("--csv", action="store_true", help="print as CSV")
    annual = add_command(subparsers, "statement", statement, "the annual statement, with every factor used")
    annual.add_argument("--fiscal-year", type=int, required=True)
    annual.add_argument("--through", metavar="MONTH", help="provisional figures to the end of a month, as 2023-09")
    annual.add_argument("--xlsx", type=Path, metavar="FILE", help="write the whole report as a workbook")
    annual.add_argument("--html", type=Path, metavar="FILE", help="write the whole report for print")
    for parser in (by_time, annual):
        parser.add_argument("--scheme", help="another scheme than the site's")


def energy(options: argparse.Namespace) -> int:
    """Print quantities, GJ, CO2, production and intensities by time."""
    site = load_site(options.folder)
    try:
        start, end = _window(options, site)
        find_streams(site, options.stream)
    except RefusalError as error:
        print(error.text(texts_for(options.lang).language), file=sys.stderr)
        return WRONG_USAGE
    except (ValueError, KeyError) as error:
        print(error.args[0], file=sys.stderr)
        return WRONG_USAGE
    try:
        spans = spans_of(site, options.by, start, end)
        figures = query_time(site, spans, options.scheme, options.stream)
    except ValueError as error:
        print(error, file=sys.stderr)
        return FAILED
    table = energy_table(texts_for(options.lang), figures.spans, figures.lines, figures.products)
    _print([table], options)
    for line in figures.lines:
        if line.problem:
            print(f"{line.stream.id}: {line.problem}", file=sys.stderr)
    return 0


def statement(options: argparse.Namespace) -> int:
    """Print the annual statement, with shares and every factor used; 1 while a line has no energy."""
    site, texts = load_site(options.folder), texts_for(options.lang)
    try:
        until = end_of(site, options.fiscal_year, SystemClock().now_ms() // 1000, options.through)
        figures = query_year(site, options.fiscal_year, until, options.scheme)
    except ValueError as error:
        print(error, file=sys.stderr)
        return FAILED
    if options.xlsx or options.html:
        report = year_report(site, texts, figures, until)
        for path in write_report(report, until, options.xlsx, options.html):
            print(texts("report_written", file=path), file=sys.stderr)
    else:
        _print(statement_tables(texts, figures.statement, figures.areas, figures.residuals), options)
    problems = [f"{line.stream.id}: {line.problem}" for line in figures.statement.lines if line.problem]
    for problem in problems:
        print(problem, file=sys.stderr)
    return FAILED if problems else 0


def _window(options: argparse.Namespace, site: Site) -> tuple[int, int]:
    """From and to in UTC seconds: as asked for, or the fiscal year, or the running day; never beyond now."""
    zone = site.file.site.zone
    now = SystemClock().now_ms() // 1000
    last = now - now % INTERVAL_S
    if options.fiscal_year is not None:
        starts = month_starts_utc_s(options.fiscal_year, zone)
        return starts[0], min(starts[-1], last)
    start = read_instant(options.start, zone) if options.start else local_day_utc_s(last, zone)
    end = read_instant(options.end, zone) if options.end else last
    if start % INTERVAL_S or end % INTERVAL_S:
        raise ValueError("--from and --to fall on :00 or :30")
    if start >= end:
        raise ValueError(f"--to is not after --from (fiscal year {fiscal_year_of(start, zone)})")
    return start, end


def _print(tables: list[Table], options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps({table.title: as_records(table) for table in tables}, ensure_ascii=False))
    elif getattr(options, "csv", False):
        print("\n".join(as_csv(table) for table in tables), end="")
    else:
        console = Console()
        for table in tables:
            console.print(for_people(table, console.width))
