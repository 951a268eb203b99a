"""How long it takes to draw the statement of a year for a site of 500 points from its stored half hours.

    python bench/accounting/year_statement.py [--points N] [--gas N] [--folder DIR]

Prints one line of JSON. The journal is filled first, which is stated apart.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.accounting.calendar import month_starts_utc_s
from agent.accounting.draw import Year, draw_statement
from agent.accounting.factors import ElectricityKind
from agent.accounting.gas_volume import MeterKind
from agent.accounting.interval import INTERVAL_MS, INTERVAL_S, Interval, Method
from agent.accounting.statement import Statement
from agent.accounting.streams import LineState, PointRef, Stream, Term
from agent.factor_files import load_factor_set
from agent.settings.resources import configs_folder
from agent.storage.history import SiteHistory
from agent.storage.journal import Batch, Journal
from agent.storage.ledger import Ledger

ZONE = ZoneInfo("Asia/Tokyo")
FISCAL_YEAR = 2023
LIMIT_S = 2.0
ROWS_A_COMMIT = 50_000


def electricity(number: int) -> Stream:
    """A stream of one counter; the first is the site's, the others look into it."""
    term = Term(PointRef(f"meter_{number}", "energy"), Decimal("0.1"))
    return Stream(
        f"power_{number}",
        "electricity",
        "site",
        "kWh",
        (term,),
        kind=ElectricityKind.GRID,
        is_total=number == 0,
    )


def gas(number: int) -> Stream:
    """A gas meter whose pressure and temperature are measured: three points."""
    device = f"gas_{number}"
    line = LineState(PointRef(device, "pressure"), PointRef(device, "temperature"), Decimal("0.1"), Decimal("0.1"))
    term = Term(PointRef(device, "volume"), Decimal(1))
    return Stream(f"gas_{number}", "city_gas", "site", "m3", (term,), gas_meter=MeterKind.UNCORRECTED, line=line)


def half_hours(streams: Sequence[Stream]) -> Iterator[Interval]:
    """A year of half hours of all points, in the order in which an agent writes them."""
    starts = month_starts_utc_s(FISCAL_YEAR, ZONE)
    refs = [ref for stream in streams for ref in stream.points()]
    for place, start in enumerate(range(starts[0], starts[-1], INTERVAL_S)):
        for number, ref in enumerate(refs):
            is_gauge = ref.point in {"pressure", "temperature"}
            advance = 200.0 + place % 7 if is_gauge else float(100 + (place + number) % 50)
            method = Method.INTEGRATED if is_gauge else Method.MEASURED
            yield Interval(ref.device, ref.point, start, 0.0, advance, advance, method, INTERVAL_MS, INTERVAL_MS, 1, 2)


def fill(path: Path, streams: Sequence[Stream]) -> int:
    """Write the year through the journal's own writer; gives how many half hours."""
    journal, rows, seq = Journal(path, ZONE), list[tuple[int, Interval]](), 0
    for interval in half_hours(streams):
        seq += 1
        rows.append((seq, interval))
        if len(rows) == ROWS_A_COMMIT:
            journal.commit(Batch(intervals=rows, cursors={"mqtt": seq}))
            rows = []
    journal.commit(Batch(intervals=rows, cursors={"mqtt": seq}))
    journal.close()
    return seq


def draw(path: Path, streams: Sequence[Stream]) -> Statement:
    """The statement, from opening the file on."""
    factors = load_factor_set([configs_folder() / "factors"], "association", FISCAL_YEAR)
    year = Year(FISCAL_YEAR, ZONE, month_starts_utc_s(FISCAL_YEAR, ZONE)[-1])
    ledger = Ledger(path)
    try:
        history = SiteHistory(ledger, ZONE)
        statement = draw_statement("bench", year, streams, [], expected_gj_per_t={}, history=history, factors=factors)
        assert statement.energy_gj is not None, "a year without gaps has its energy"
        assert statement.shares.missing_ms == 0, "a year without gaps misses nothing"
    finally:
        ledger.close()
    return statement


def measure(points: int, gas_streams: int, folder: Path) -> dict[str, object]:
    """Seconds to fill the journal, and to draw the statement for the first and for a second time."""
    streams = [*map(electricity, range(points - 3 * gas_streams)), *map(gas, range(gas_streams))]
    path = folder / "journal.sqlite3"
    began = time.perf_counter()
    count = fill(path, streams)
    filled = time.perf_counter()
    draw(path, streams)
    drawn = time.perf_counter()
    draw(path, streams)
    again = time.perf_counter()
    return {
        "what": f"statement of a year for {points} points",
        "gas_streams": gas_streams,
        "half_hours": count,
        "megabytes": round(path.stat().st_size / 1e6),
        "fill_seconds": round(filled - began, 1),
        "seconds": round(drawn - filled, 2),
        "seconds_again": round(again - drawn, 2),
        "limit_seconds": LIMIT_S,
        "holds": drawn - filled <= LIMIT_S,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=500)
    parser.add_argument("--gas", type=int, default=5, help="uncorrected gas meters, three points each")
    parser.add_argument("--folder", type=Path, help="where to leave the journal; else it is deleted")
    asked = parser.parse_args()
    if asked.folder is not None:
        asked.folder.mkdir(parents=True, exist_ok=True)
        print(json.dumps(measure(asked.points, asked.gas, asked.folder)))
        return
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(asked.points, asked.gas, Path(folder))))


if __name__ == "__main__":
    main()
