"""Live figures have the book under closed half hours, as the command line has; unknown production is no zero."""

import json
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.entries import (
    BookedQuantity,
    Content,
    Draft,
    Exclusion,
    Invoice,
    Substitution,
    SubstitutionMethod,
    Withdrawal,
)
from agent.accounting.window import WindowFigures
from agent.live import Live
from agent.recorder import Recorder
from agent.settings.site import Site, load_site
from agent.site_factors import SiteFactors
from agent.storage.book import Book, book_path
from agent.storage.ledger import Ledger
from collectors.frame import Frame, Layout, Quality
from tests.agent.conftest import run_atsuen

DEMO = Path(__file__).parents[2] / "configs" / "demo"
ZONE = ZoneInfo("Asia/Tokyo")
SITE = """
[site]
id = "mill"
scheme = "association"
[journal]
path = "journal.sqlite3"
[[endpoint]]
id = "meters"
protocol = "modbus"
host = "127.0.0.1"
poll_s = 60.0
device = [
  { id = "power", unit = 2, profile = "double-meter" },
  { id = "furnace", unit = 3, profile = "gas-meter" },
  { id = "pits", unit = 4, profile = "lpg-meter" },
]
[[sheet]]
id = "rolled"
unit = "t"
kind = "quantity"
[[stream]]
id = "grid"
carrier = "electricity"
kind = "grid"
area = "site"
unit = "kWh"
term = [{ point = "power.energy" }]
[[stream]]
id = "gas"
carrier = "city_gas"
area = "melting"
unit = "m3"
gas = { meter = "uncorrected", gauge_pressure_kpa = "furnace.gas_pressure", temperature_c = "furnace.gas_temperature" }
term = [{ point = "furnace.gas_volume" }]
[[stream]]
id = "lpg"
carrier = "lpg"
area = "soaking"
unit = "kg"
term = [{ point = "pits.lpg_mass" }]
[[product]]
id = "plate"
unit = "t"
term = [{ point = "sheet.rolled" }]
"""
KEYS = ("energy_gj", "co2_t", "production_t", "energy_intensity_gj_per_t", "co2_intensity_t_per_t")
DEVICES = ("power", "furnace", "pits")


def at(text: str) -> int:
    """UTC seconds of a time on 3 October 2023 in Japan."""
    return int(datetime.fromisoformat(f"2023-10-03T{text}").replace(tzinfo=ZONE).timestamp())


MIDNIGHT = at("00:00")


class Plant:
    """A site that is read every five minutes from the evening before on, a book, and live figures over it."""

    def __init__(self, site: Site, recorder: Recorder) -> None:
        self.site = site
        self.recorder = recorder
        self.now_s = MIDNIGHT - 7200
        self.book = Book(book_path(site.path(site.file.journal.path)))
        self._ledger = Ledger(site.path(site.file.journal.path))
        self.live = Live(site, self, recorder, self._ledger, SiteFactors(site))

    def now_ms(self) -> int:
        return self.now_s * 1000

    def steady_s(self) -> float:
        raise NotImplementedError

    async def sleep_until(self, steady_s: float) -> None:
        raise NotImplementedError

    async def read_until(self, until_s: int, devices: Sequence[str] = DEVICES) -> None:
        while self.now_s < until_s:
            self.now_s += 300
            for device in devices:
                layout = self.site.layouts[device]
                values = [_raw(layout, index, self.now_s) for index in range(len(layout.points))]
                self.recorder.record(Frame.pack(layout, self.now_ms(), values, [Quality.GOOD] * len(values)))
        await self.recorder.commit()

    def declare(self, *contents: Content) -> None:
        self.book.append([Draft("manager", "because", "bill 4", each) for each in contents], self.now_ms())

    async def closed(self) -> WindowFigures:
        figures = await self.live.figures()
        assert figures.problem == ""
        assert figures.closed is not None
        return figures.closed

    def printed(self, until: str) -> dict[str, float | None]:
        """What the command line says of the closed half hours of the day."""
        asked = ["--by", "day", "--from", "2023-10-03T00:00", "--to", f"2023-10-03T{until}", "--json", "--lang", "en"]
        done = run_atsuen(["energy", "-c", self.site.folder, *asked])
        assert done.returncode == 0, done.stderr
        (row,) = json.loads(done.stdout)["Energy by time"]
        return {key: row[key] for key in KEYS}

    def close(self) -> None:
        self._ledger.close()


def _raw(layout: Layout, index: int, at_s: int) -> float:
    """Counters go on by 120 counts in five minutes; gauges stand."""
    point = layout.points[index]
    return 300.0 + index if point.unit in {"kPa", "degC", "°C"} else float((at_s - MIDNIGHT + 86_400) * 2 // 5)


def told(window: WindowFigures) -> dict[str, float | None]:
    """The figures of a window under the command line's names."""
    co2_kg, made_t = window.co2_kg, window.production_t
    figures = (
        window.energy_gj,
        None if co2_kg is None else co2_kg / 1000,
        made_t,
        window.energy_intensity_gj_per_t,
        window.co2_intensity_t_per_t,
    )
    return {key: None if each is None else float(each) for key, each in zip(KEYS, figures, strict=True)}


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Plant]:
    shutil.copytree(DEMO / "devices", folder / "devices")
    (folder / "site.toml").write_text(SITE, encoding="utf-8")
    site = load_site(folder)
    recorder = Recorder(site.path(site.file.journal.path), ZONE, 600_000)
    await recorder.open(site.layouts)
    plant = Plant(site, recorder)
    try:
        yield plant
    finally:
        plant.close()
        await recorder.close()


async def test_the_day_is_what_the_command_line_says_of_it_with_every_kind_of_entry(tmp_path: Path) -> None:
    async with opened(tmp_path) as plant:
        await plant.read_until(at("10:05"))
        before = await plant.closed()
        assert (before.production_t, before.known_share) == (None, 1.0)
        assert plant.printed("10:00")["production_t"] is None
        plant.declare(BookedQuantity("sheet.rolled", MIDNIGHT - 3600, at("10:00"), Decimal(44)))
        with_sheet = await plant.closed()
        assert with_sheet.production_t == 40  # 4 t an hour
        assert told(with_sheet) == plant.printed("10:00")
        assert told(with_sheet)["energy_intensity_gj_per_t"] is not None
        plant.declare(
            Exclusion("gas", at("02:00"), at("03:00")),
            Substitution("gas", at("02:00"), at("03:00"), SubstitutionMethod.MEAN),
            Invoice("lpg", MIDNIGHT - 7200, at("09:30"), Decimal(5_000)),
            Invoice("grid", MIDNIGHT - 86_400 * 30, MIDNIGHT, Decimal(1)),
        )
        corrected = await plant.closed()
        assert told(corrected) == plant.printed("10:00")
        assert told(corrected)["energy_gj"] != told(with_sheet)["energy_gj"]
        plant.declare(Withdrawal(4))
        assert told(await plant.closed()) == plant.printed("10:00")


async def test_what_is_closed_is_drawn_again_only_when_half_hours_or_the_book_change(tmp_path: Path) -> None:
    async with opened(tmp_path) as plant:
        await plant.read_until(at("03:05"))
        first = await plant.closed()
        await plant.read_until(at("03:25"))
        assert await plant.closed() is first
        plant.declare(BookedQuantity("sheet.rolled", MIDNIGHT, at("03:00"), Decimal(12)))
        second = await plant.closed()
        assert second is not first
        assert await plant.closed() is second
        await plant.read_until(at("03:35"))
        third = await plant.closed()
        assert third.window_ms == 3.5 * 3_600_000
        figures = await plant.live.figures()
        assert figures.day is not None
        assert figures.running is not None
        together_gj = float(third.totals.energy_gj + figures.running.totals.energy_gj)
        assert float(figures.day.totals.energy_gj) == pytest.approx(together_gj, rel=1e-12)


async def test_energy_without_production_of_its_time_has_no_intensity(tmp_path: Path) -> None:
    """The sheet ends at 02:00; two hours later its 8 t are not the production of the day."""
    async with opened(tmp_path) as plant:
        await plant.read_until(at("04:05"))
        plant.declare(BookedQuantity("sheet.rolled", MIDNIGHT, at("02:00"), Decimal(8)))
        closed = await plant.closed()
        assert (closed.production_t, closed.energy_intensity_gj_per_t) == (None, None)
        assert closed.energy_gj is not None


async def test_a_half_hour_that_no_later_reading_has_closed_counts_as_far_as_it_is_known(tmp_path: Path) -> None:
    """Power is read last at 01:55 and then silent: 5 of its 120 minutes are not known, and none is counted twice."""
    async with opened(tmp_path) as plant:
        await plant.read_until(at("01:55"))
        await plant.read_until(at("02:05"), DEVICES[1:])
        grid = next(each for each in (await plant.closed()).streams if each.stream.id == "grid")
        assert grid.spanned_ms == 115 * 60_000
        counts = _raw(plant.site.layouts["power"], 0, at("01:55")) - _raw(plant.site.layouts["power"], 0, MIDNIGHT)
        per_count = plant.site.streams[0].terms[0].unit_per_count
        assert float(grid.amount) == pytest.approx(counts * float(per_count))
        await plant.read_until(at("02:10"))
        again = next(each for each in (await plant.closed()).streams if each.stream.id == "grid")
        assert again.spanned_ms == 120 * 60_000


async def test_a_day_that_has_just_begun_has_nothing_closed(tmp_path: Path) -> None:
    async with opened(tmp_path) as plant:
        await plant.read_until(at("00:05"))
        figures = await plant.live.figures()
        assert (figures.closed, figures.day) == (None, figures.running)
        assert figures.last_half_hour is not None
        assert figures.last_half_hour.known_share == 1.0


async def test_a_damaged_book_is_said(tmp_path: Path) -> None:
    async with opened(tmp_path) as plant:
        await plant.read_until(at("01:05"))
        plant.book.path.write_bytes(b"this is no book")
        figures = await plant.live.figures()
        assert (figures.day, figures.closed) == (None, None)
        assert plant.book.path.name in figures.problem
