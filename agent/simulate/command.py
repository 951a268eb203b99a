"""`atsuen simulate-year`: runs the year, judges it, and draws its statement from the same journal."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from agent.query import YearFigures, query_year
from agent.reports.table import Column, Table
from agent.settings.site import Site
from agent.simulate.verdict import YearVerdict, judge
from agent.simulate.year import run_year
from agent.storage.ledger import Ledger
from agent.texts import Texts

JOURNAL = "journal.sqlite3"


class NotTheMill(Exception):  # noqa: N818 - what is wrong with the site
    """The site reads something that the simulated mill does not have."""


@dataclass(frozen=True, slots=True)
class YearRun:
    """A simulated year: what was judged, and the statement of the same journal."""

    verdict: YearVerdict
    figures: YearFigures
    readings: int


def simulate_year(
    site: Site,
    fiscal_year: int,
    seed: int,
    folder: Path | None,
    *,
    with_faults: bool,
    progress: Callable[[float], None],
) -> YearRun:
    """Run a fiscal year of the simulated mill; its journal is kept in `folder` if one is given.

    Raises NotTheMill, FileExistsError for a folder that has a journal, and what `query_year` raises.
    """
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="atsuen-year-") as temporary:
            return simulate_year(site, fiscal_year, seed, Path(temporary), with_faults=with_faults, progress=progress)
    path = folder / JOURNAL
    if path.exists():
        raise FileExistsError(f"{path} is there already; name an empty folder")
    try:
        year = run_year(site, path, fiscal_year, seed, with_faults=with_faults, progress=progress)
    except KeyError as error:
        raise NotTheMill(f"the simulated mill has no {error.args[0]}; use configs/demo") from error
    ledger = Ledger(path)
    try:
        verdict = judge(site, year, ledger)
    finally:
        ledger.close()
    journal = site.file.journal.model_copy(update={"path": path.resolve()})
    placed = replace(site, file=site.file.model_copy(update={"journal": journal}))
    return YearRun(verdict, query_year(placed, fiscal_year, year.end_ms // 1000), year.readings)


def verdict_table(texts: Texts, run: YearRun) -> Table:
    """Every stream in the counts of its register, beside the truth."""
    columns = (
        Column("stream", texts("stream")),
        Column("measured", texts("measured"), 0),
        Column("recovered", texts("recovered"), 0),
        Column("truth", texts("truth"), 0),
        Column("difference", texts("difference"), 0),
    )
    rows = [(s.id, s.measured, s.recovered, s.truth, s.difference) for s in run.verdict.streams]
    return Table(texts("year_against_truth", readings=f"{run.readings:,}"), columns, tuple(rows))
