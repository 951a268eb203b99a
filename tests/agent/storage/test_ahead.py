"""What is read ahead is what the ledger gives for the same time, to the last digit."""

import asyncio
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.interval import INTERVAL_S
from agent.recorder import Recorder
from agent.settings.site import load_site
from agent.storage.history import SiteHistory
from agent.storage.ledger import Ledger
from collectors.frame import Frame, Kind, Point, Quality
from collectors.simulated.mill import Mill

ZONE = ZoneInfo("Asia/Tokyo")
START_S = int(datetime(2023, 9, 30, tzinfo=ZONE).timestamp())
END_S = START_S + 3 * 86_400 + 3600
POINTS = (("solar", "energy"), ("melting_1", "gas_pressure"), ("melting_1", "gas_volume"))
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days of two devices, with a night in which one was not read."""
    path = tmp_path_factory.mktemp("ahead") / "journal.sqlite3"
    asyncio.run(record(path))
    return path


async def record(path: Path) -> None:
    site, mill = load_site(ROOT / "configs" / "demo"), Mill(1, START_S * 1000)
    recorder = Recorder(path, ZONE, 900_000)
    await recorder.open(site.layouts)
    for time_ms in range(START_S * 1000, END_S * 1000, 600_000):
        for device in ("solar", "melting_1"):
            is_away = device == "melting_1" and 20 * 3600 < time_ms // 1000 - START_S < 30 * 3600
            layout = site.layouts[device]
            values = [value_of(mill, device, point, time_ms) for point in layout.points]
            if not is_away:
                recorder.record(Frame.pack(layout, time_ms, values, [Quality.GOOD] * len(values)))
    await recorder.commit()
    await recorder.close()


def value_of(mill: Mill, device: str, point: Point, time_ms: int) -> float:
    """A register, a gauge with digits enough to tell sums apart, or no state."""
    if point.kind is Kind.COUNTER:
        return float(mill.register(device, point.id, time_ms))
    return mill.gauge(device, point.id, time_ms) / 0.3 if point.kind is Kind.GAUGE else 0.0


@pytest.mark.parametrize("half_hours", [1, 2])
def test_half_hours_and_hours(journal: Path, half_hours: int) -> None:
    with closing(Ledger(journal)) as ledger:
        history = SiteHistory(ledger, ZONE)
        for point in POINTS:
            known = 0
            for start in range(START_S - 3600, END_S, half_hours * INTERVAL_S):
                end = start + half_hours * INTERVAL_S
                expected = [part for part in ledger.sums(*point, start, end, whole_days=False) if part.spanned_ms]
                assert history.sums(*point, start, end) == expected
                assert list(history.intervals([point], start, end)) == list(ledger.intervals([point], start, end))
                known += len(expected)
            assert known > 30


def test_days(journal: Path) -> None:
    with closing(Ledger(journal)) as ledger:
        history = SiteHistory(ledger, ZONE)
        for point in POINTS:
            for start in range(START_S - 86_400, END_S + 86_400, 86_400):
                expected = ledger.sums(*point, start, start + 86_400, whole_days=True)
                assert history.sums(*point, start, start + 86_400) == expected


def test_backwards_and_at_random(journal: Path) -> None:
    with closing(Ledger(journal)) as ledger:
        history = SiteHistory(ledger, ZONE)
        for start in (END_S - 3600, START_S, START_S + 86_400, START_S + 1800, END_S - 7200):
            expected = ledger.sums(*POINTS[0], start, start + INTERVAL_S, whole_days=False)
            assert history.sums(*POINTS[0], start, start + INTERVAL_S) == expected
