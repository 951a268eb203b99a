"""The command `simulate-year`."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from agent.cli.parsers import AddCommand, Subparsers
from agent.reports.statement import statement_tables
from agent.reports.table import as_records, for_people
from agent.settings.site import load_site
from agent.texts import texts_for

FAILED = 1


def add_parsers(subparsers: Subparsers, add_command: AddCommand) -> None:
    """Add `simulate-year`."""
    year = add_command(subparsers, "simulate-year", simulate_year, "a whole simulated year, judged by its truth")
    year.add_argument("--fiscal-year", type=int, required=True)
    year.add_argument("--seed", type=int, default=1, help="which mill, and which faults (default: 1)")
    year.add_argument("--no-faults", action="store_true", help="nothing goes wrong")
    year.add_argument("--out", type=Path, metavar="DIR", help="keep the journal here (default: not kept)")


def simulate_year(options: argparse.Namespace) -> int:
    """Run a year of the simulated mill; 0 when every register and every listed event agrees with the truth."""
    from agent.simulate.command import NotTheMill, verdict_table  # noqa: PLC0415 - the simulator, for this one alone
    from agent.simulate.command import simulate_year as run  # noqa: PLC0415

    texts = texts_for(options.lang)
    site = load_site(options.folder)
    try:
        with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task(texts("simulating"), total=1.0)
            year = run(
                site,
                options.fiscal_year,
                options.seed,
                options.out,
                with_faults=not options.no_faults,
                progress=lambda share: bar.update(task, completed=share),
            )
    except (NotTheMill, FileExistsError, ValueError) as error:
        print(error, file=sys.stderr)
        return FAILED
    figures, verdict = year.figures, year.verdict
    tables = statement_tables(texts, figures.statement, figures.areas, figures.residuals)
    if options.json:
        drawn = {table.title: as_records(table) for table in tables}
        found = asdict(verdict) | {"holds": verdict.holds, "readings": year.readings}
        print(json.dumps({"verdict": found, "statement": drawn}, ensure_ascii=False))
    else:
        console = Console()
        for table in (*tables[:5], verdict_table(texts, year)):
            console.print(for_people(table, console.width))
        for sentence in (*verdict.unplanted, *verdict.unlisted):
            console.print(f"[red]{sentence}[/]")
        console.print(texts("year_holds" if verdict.holds else "year_fails", listed=verdict.listed))
    return 0 if verdict.holds else FAILED
