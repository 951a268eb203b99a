"""How long it takes to draw the statement of a year for 500 points that the book has daily or monthly entries of.

    python bench/accounting/booked_year.py [--points N] [--journal DIR]

Without a journal nothing is stored, and all comes from the book; with `--journal DIR` half hours come from one that
`year_statement.py --folder DIR` left. Prints one line of JSON for each way of booking.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.accounting.booked import BookedHistory
from agent.accounting.calendar import month_starts_utc_s
from agent.accounting.declared import declare
from agent.accounting.draw import Year, draw_statement
from agent.accounting.entries import BookedQuantity, Entry, Reading
from agent.accounting.factors import ElectricityKind
from agent.accounting.streams import PointRef, Stream, Term
from agent.factor_files import load_factor_set
from agent.settings.resources import configs_folder
from agent.storage.history import SiteHistory
from agent.storage.journal import Journal
from agent.storage.ledger import Ledger
from collectors.frame import Kind, Point

ZONE = ZoneInfo("Asia/Tokyo")
FISCAL_YEAR = 2023
DAY_S = 86_400
SCALE = Decimal("0.1")


def stream(number: int) -> Stream:
    """A stream of one counter, named as `year_statement.py` names it."""
    term = Term(PointRef(f"meter_{number}", "energy"), SCALE)
    name = f"power_{number}"
    return Stream(name, "electricity", "site", "kWh", (term,), kind=ElectricityKind.GRID, is_total=number == 0)


def quantities(points: Sequence[str], ends: Sequence[int]) -> list[Entry]:
    """A quantity of each point from each instant to the next."""
    contents = [BookedQuantity(name, *time, Decimal("1234.5")) for name in points for time in pairwise(ends)]
    return [Entry(number, 0, "a", "b", "c", content) for number, content in enumerate(contents, 1)]


def readings(points: Sequence[str], ends: Sequence[int]) -> list[Entry]:
    """The register of each point at each instant."""
    contents = [Reading(name, at, Decimal(place * 1000)) for name in points for place, at in enumerate(ends)]
    return [Entry(number, 0, "a", "b", "c", content) for number, content in enumerate(contents, 1)]


def measure(journal: Path, streams: Sequence[Stream], entries: Sequence[Entry]) -> dict[str, object]:
    """Seconds for the statement, from opening the file on, and for what does not fit."""
    point = Point("energy", Kind.COUNTER, "kWh", SCALE)
    points = {f"{ref.device}.{ref.point}": point for each in streams for ref in each.points()}
    factors = load_factor_set([configs_folder() / "factors"], "association", FISCAL_YEAR)
    year = Year(FISCAL_YEAR, ZONE, month_starts_utc_s(FISCAL_YEAR, ZONE)[-1])
    began = time.perf_counter()
    ledger = Ledger(journal)
    history = SiteHistory(ledger, ZONE)
    declared = declare(entries, points, streams)
    known = time.perf_counter()
    statement = draw_statement(
        "bench", year, streams, [], expected_gj_per_t={}, history=history, factors=factors, declared=declared
    )
    drawn = time.perf_counter()
    differences = BookedHistory(history, declared.points).differences()
    checked = time.perf_counter()
    ledger.close()
    return {
        "entries": len(entries),
        "seconds": round(drawn - began, 2),
        "of_that_reading_entries": round(known - began, 2),
        "differences": len(differences),
        "differences_seconds": round(checked - drawn, 2),
        "missing_ms": statement.shares.missing_ms,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=500)
    parser.add_argument("--journal", type=Path, help="the folder of a journal that is filled")
    asked = parser.parse_args()
    streams = [stream(number) for number in range(asked.points)]
    names = [f"meter_{number}.energy" for number in range(asked.points)]
    months = month_starts_utc_s(FISCAL_YEAR, ZONE)
    days = range(months[0], months[-1] + 1, DAY_S)
    with tempfile.TemporaryDirectory() as folder:
        path = (asked.journal or Path(folder)) / "journal.sqlite3"
        if asked.journal is None:
            Journal(path, ZONE).close()
        ways = {
            "monthly quantities": quantities(names, months),
            "daily quantities": quantities(names, days),
            "daily readings": readings(names, days),
            "daily and monthly quantities": quantities(names, days) + quantities(names, months),
        }
        for what, entries in ways.items():
            print(json.dumps({"what": what, "points": asked.points, **measure(path, streams, entries)}))
            sys.stdout.flush()


if __name__ == "__main__":
    main()
