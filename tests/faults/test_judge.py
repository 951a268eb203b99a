"""The judge of the campaign sees what is planted: a lost number, a changed one, a foreign one."""

import urllib.request
from decimal import Decimal

import pytest

from collectors.frame import Frame, Kind, Layout, Point
from tests.conftest import StartVictoriaMetrics
from tests.faults.judge import Stored, compare_stored
from tests.faults.records import Records

LAYOUT = Layout("meter", (Point("energy", Kind.COUNTER, "kWh", Decimal("0.001"), modulus=10**12),))
TIMES_MS = (1_700_000_000_000, 1_700_000_001_000, 1_700_000_002_000)
RAW = (83_029_824_747, 83_029_824_748, 83_029_824_749)
FRAMES = {seq: Frame.pack(LAYOUT, time, [raw], [0]) for seq, (time, raw) in enumerate(zip(TIMES_MS, RAW, strict=True))}
RECORDS = Records(FRAMES, [], {LAYOUT.digest: LAYOUT})


def write(url: str, lines: list[str]) -> None:
    body = "\n".join(lines).encode()
    urllib.request.urlopen(f"{url}/api/v2/write?precision=ms", body, timeout=10).close()


def line(value: str, time_ms: int) -> str:
    return f"reading,site=a,device=meter energy={value} {time_ms}"


WHOLE = [line(f"83029824.74{digit}", time_ms) for digit, time_ms in zip((7, 8, 9), TIMES_MS, strict=True)]


@pytest.mark.victoriametrics
def test_a_whole_database_holds_even_where_lines_came_twice(start_victoria_metrics: StartVictoriaMetrics) -> None:
    database = start_victoria_metrics()
    write(database.url, WHOLE)
    write(database.url, WHOLE[:2])
    assert compare_stored(RECORDS, database.url) == Stored(3, 0, 0, 0, 0, [])


@pytest.mark.victoriametrics
def test_lost_changed_and_foreign_numbers_are_found(start_victoria_metrics: StartVictoriaMetrics) -> None:
    database = start_victoria_metrics()
    changed_by_one_count = line("83029824.749", TIMES_MS[1])
    write(database.url, [WHOLE[0], changed_by_one_count, line("83029824.750", TIMES_MS[2] + 1)])
    found = compare_stored(RECORDS, database.url)
    assert (found.points, found.lost, found.doubled, found.differing, found.foreign) == (3, 1, 0, 1, 1)
    assert found.examples == [
        f"lost ('reading_energy', 'meter', '', {TIMES_MS[2]})",
        f"foreign ('reading_energy', 'meter', '', {TIMES_MS[2] + 1})",
        f"differing ('reading_energy', 'meter', '', {TIMES_MS[1]})",
    ]
