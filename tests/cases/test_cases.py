"""Golden cases: readings go the real way into a journal on disk, and all that comes out is compared with what was
worked out by hand. How the files of a case are read is written in README.md beside this file."""

import csv
import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from agent.accounting.draw import Year, draw_statement
from agent.accounting.interval import INTERVAL_S
from agent.accounting.shares import Shares
from agent.accounting.statement import SpanFigures, Statement, StatementLine
from agent.factor_files import load_factor_set
from agent.recorder import Recorder
from agent.settings.mistakes import SettingsError
from agent.settings.site import Site, load_site
from agent.storage.history import SiteHistory
from agent.storage.ledger import Ledger
from agent.timekeeper import Timekeeper
from collectors.frame import Frame, Quality
from tests.cases.book_of_case import declared_in, findings, written

FOLDER = Path(__file__).parent
CASES = sorted(path.parent for path in FOLDER.glob("*/expected-half-hours.csv"))
REFUSED = sorted(path.parent for path in FOLDER.glob("*/expected-mistakes.txt"))
TOGETHER = 50
"""So many rows of readings go into one commit."""

Cells = tuple[str, ...]
Same = Callable[[str, str], bool]


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
async def test_a_case(folder: Path, tmp_path: Path) -> None:
    site = load_site(folder)
    journal = tmp_path / "journal.sqlite3"
    await play(site, journal)
    ledger = Ledger(journal)
    try:
        differences = [
            *compare(folder / "expected-half-hours.csv", expected_half_hours(site), half_hours(site, ledger), is_near),
            *compare(
                folder / "expected-events.csv", read(folder / "expected-events.csv"), events(site, ledger), is_near
            ),
            *compare_years(site, SiteHistory(ledger, site.file.site.zone)),
            *compare_findings(site, SiteHistory(ledger, site.file.site.zone)),
        ]
    finally:
        ledger.close()
    if differences:
        pytest.fail("\n".join(("- expected, + what came out", *differences)), pytrace=False)


@pytest.mark.parametrize("folder", REFUSED, ids=lambda folder: folder.name)
def test_a_site_that_is_refused(folder: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_site(folder)
    said = str(caught.value).replace(str(folder / "site.toml"), "site.toml")
    assert said.splitlines() == (folder / "expected-mistakes.txt").read_text(encoding="utf-8").splitlines()


def test_no_case_is_left_out() -> None:
    there = (path for path in FOLDER.iterdir() if path.is_dir() and path.name != "__pycache__")
    folders = sorted(path for path in there if not (path / "association.toml").exists())
    assert sorted(CASES + REFUSED) == folders
    assert [folder.name for folder in folders if not (folder / "README.md").is_file()] == []


# Readings into the journal ---


class HandClock:
    """A wall clock and a steady clock that the rows of a case set."""

    def __init__(self) -> None:
        self.wall_ms = 0
        self.true_ms = 0

    def now_ms(self) -> int:
        return self.wall_ms

    def steady_s(self) -> float:
        return self.true_ms / 1000

    async def sleep_until(self, steady_s: float) -> None:
        raise NotImplementedError(f"nobody sleeps here, not even until {steady_s}")


@dataclass(frozen=True)
class Reading:
    """One row: when it was, what the machine's clock showed then, and the raw counts by `device.point`."""

    true_ms: int
    wall_ms: int
    counts: dict[str, str]


async def play(site: Site, journal: Path) -> None:
    """Record the readings as the agent does, then the history that came in late."""
    gap_ms = int(site.file.journal.gap_s * 1000)
    recorder = Recorder(journal, site.file.site.zone, gap_ms, replacements=site.replacements)
    resumed = await recorder.open(site.layouts)
    clock = HandClock()
    keeper: Timekeeper | None = None
    for number, reading in enumerate(readings_in(site.folder / "readings.csv"), 1):
        clock.true_ms, clock.wall_ms = reading.true_ms, reading.wall_ms
        keeper = keeper or Timekeeper(clock, resumed.last_time_ms, recorder.note)
        record(recorder, site, reading, keeper.now_ms())
        if number % TOGETHER == 0:
            await recorder.commit()
    await recorder.commit()
    if (site.folder / "history.csv").is_file():
        for reading in readings_in(site.folder / "history.csv"):
            record(recorder, site, reading, reading.true_ms)
        await recorder.commit()
        await recorder.commit()  # what was drawn up again is written with the next commit
    await recorder.close()


def record(recorder: Recorder, site: Site, reading: Reading, time_ms: int) -> None:
    for layout in site.layouts.values():
        texts = [reading.counts[f"{layout.device}.{point.id}"] for point in layout.points]
        values = [float(text) if text else float("nan") for text in texts]
        quality = [Quality.GOOD if text else Quality.BAD_COMMUNICATION_ERROR for text in texts]
        recorder.record(Frame.pack(layout, time_ms, values, quality))


def readings_in(path: Path) -> Iterator[Reading]:
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            true_ms = instant_ms(row.pop("time"))
            wall = row.pop("machine_clock", None)
            yield Reading(true_ms, instant_ms(wall) if wall else true_ms, row)


def instant_ms(text: str) -> int:
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo is not None, f"{text} does not say in which zone"
    return round(moment.timestamp() * 1000)


# What came out ---


def half_hours(site: Site, ledger: Ledger) -> list[Cells]:
    points = [(layout.device, point.id) for layout in site.layouts.values() for point in layout.points]
    return [
        (
            local(site, item.start_utc_s * 1000),
            f"{item.device}.{item.point}",
            *(f"{number:.16g}" for number in (item.opening_raw, item.closing_raw, item.advance_raw)),
            item.method.value,
            *(f"{part_ms / 60_000:.16g}" for part_ms in (item.spanned_ms, item.observed_ms)),
        )
        for item in ledger.intervals(points, 0, 2**40)
    ]


def events(site: Site, ledger: Ledger) -> list[Cells]:
    found = ledger.events()
    names = [".".join(part for part in (event.device, event.point) if part) for event in found]
    return [
        (local(site, event.time_ms), name, event.kind, event.detail) for name, event in zip(names, found, strict=True)
    ]


def local(site: Site, time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, site.file.site.zone).isoformat(timespec="minutes")


def expected_half_hours(site: Site) -> list[Cells]:
    """The rows of the file; a row of several half hours stands for as many with an equal share each."""
    modulus = {f"{each.device}.{point.id}": point.modulus for each in site.layouts.values() for point in each.points}
    rows: list[Cells] = []
    for start, count, point, opening, closing, advance, method, minutes, polled in read(
        site.folder / "expected-half-hours.csv"
    ):
        rise = Decimal(0) if method == "integrated" else Decimal(advance) / int(count)
        shown = advance if method == "integrated" else str(rise)
        for number in range(int(count)):
            moment = datetime.fromisoformat(start) + timedelta(seconds=INTERVAL_S * number)
            ends = (Decimal(opening) + rise * number, Decimal(opening) + rise * (number + 1))
            turned = [str(end % Decimal(modulus[point] or 2**53)) for end in ends]
            first = opening if number == 0 else turned[0]
            last = closing if number == int(count) - 1 else turned[1]
            rows.append((moment.isoformat(timespec="minutes"), point, first, last, shown, method, minutes, polled))
    return rows


def compare_years(site: Site, history: SiteHistory) -> Iterator[str]:
    """The differences between the statements and `expected-year.csv`, where the case has one."""
    path = site.folder / "expected-year.csv"
    if not path.is_file():
        return
    rows = read(path)
    statements = {(row[0], row[1]): draw(site, int(row[0]), row[1], history) for row in rows}
    got = [(row[:4] + figures(statements[row[0], row[1]], span=row[2], name=row[3]))[: len(row)] for row in rows]
    yield from compare(path, rows, got, is_rounded_from)


def draw(site: Site, fiscal_year: int, until: str, history: SiteHistory) -> Statement:
    settings = site.file.site
    factors = load_factor_set(site.factor_folders, settings.scheme, fiscal_year, settings.revision)
    until_utc_s = instant_ms(until) // 1000
    return draw_statement(
        settings.id,
        Year(fiscal_year, settings.zone, until_utc_s),
        site.streams,
        site.products,
        expected_gj_per_t=site.expected_gj_per_t,
        history=history,
        factors=factors,
        declared=declared_in(site),
    )


def compare_findings(site: Site, history: SiteHistory) -> Iterator[str]:
    """The differences between the findings of the book and `expected-findings.csv`, where the case has one."""
    path = site.folder / "expected-findings.csv"
    expected = read(path) if path.is_file() else []
    yield from compare(path, expected, findings(site, declared_in(site), history), is_near)


def figures(statement: Statement, span: str, name: str) -> Cells:
    """Amount, unit, GJ, t-CO2, minutes of register time measured, recovered, missing, the problem, and, for cases with
    a book, minutes substituted and the entries that touch it."""
    if name == "per_tonne":
        per_tonne = [statement.per_tonne(quantity) for quantity in (statement.energy_gj, statement.co2_kg)]
        return ("", "", as_text(per_tonne[0]), as_text(per_tonne[1], 1000), "", "", "", "", "", "")
    if name == "total":
        return (
            "",
            "",
            as_text(statement.energy_gj),
            as_text(statement.co2_kg, 1000),
            *minutes_of(statement.shares),
            "",
            substituted(statement.shares),
            "",
        )
    for product in statement.products:
        if product.product.id == name:
            return (as_text(product.tonnes), "t", "", "", "", "", "", "", "", written(product.corrections))
    (line,) = (line for line in statement.lines if line.stream.id == name)
    if span == "year":
        is_known = line.shares.missing_ms < line.shares.expected_ms
        return figures_of(line, line, line.amount if is_known else None, line.energy_gj, line.co2_kg)
    (month,) = (month for month in line.spans if month.name == span)
    if not month.is_known or month.converted is None:
        return figures_of(line, month, month.amount if month.is_known else None, None, None)
    return figures_of(line, month, month.amount, month.converted.energy_gj, month.converted.co2_kg)


def figures_of(
    line: StatementLine,
    time: StatementLine | SpanFigures,
    amount: Decimal | None,
    energy_gj: Decimal | None,
    co2_kg: Decimal | None,
) -> Cells:
    shown = (as_text(amount), line.stream.unit, as_text(energy_gj), as_text(co2_kg, 1000))
    book = (substituted(time.shares), written(time.corrections))
    return (*shown, *minutes_of(time.shares), line.problem, *book)


def minutes_of(shares: Shares) -> Cells:
    return tuple(f"{part / 60_000:.16g}" for part in (shares.measured_ms, shares.recovered_ms, shares.missing_ms))


def substituted(shares: Shares) -> str:
    return f"{shares.substituted_ms / 60_000:.16g}"


def as_text(number: Decimal | None, divisor: int = 1) -> str:
    return "" if number is None else f"{number / divisor:f}"


# Comparing ---


def read(path: Path) -> list[Cells]:
    with path.open(encoding="utf-8", newline="") as lines:
        return [tuple(row) for row in list(csv.reader(lines))[1:]]


def compare(path: Path, expected: Sequence[Cells], got: Sequence[Cells], same: Same) -> Iterator[str]:
    """The lines of a difference that a person can read; nothing when all is the same."""
    by_key: dict[Cells, list[Cells]] = {}
    for row in expected:
        by_key.setdefault(row[:4] if same is is_rounded_from else row[:2], []).append(row)
    shown = []
    for row in got:
        written = by_key.get(row[:4] if same is is_rounded_from else row[:2], [])
        hits = [want for want in written if all(map(same, want, row))]
        shown.append(", ".join(hits[0] if hits else row))
    wanted = [", ".join(row) for row in expected]
    if sorted(wanted) != sorted(shown):
        yield path.name
        yield from (line for line in difflib.ndiff(sorted(wanted), sorted(shown)) if line[0] in "+-")


def is_near(expected: str, got: str) -> bool:
    """Equal, or the same number but for the last digits of binary arithmetic."""
    if expected == got:
        return True
    try:
        return abs(float(expected) - float(got)) <= 1e-9 * max(1.0, abs(float(expected)))
    except ValueError:
        return False


def is_rounded_from(expected: str, got: str) -> bool:
    """Equal, or the number rounded to as many decimals as the file gives; of a problem the file gives a part."""
    if not expected or not got:
        return expected == got
    try:
        wanted, found = Decimal(expected), Decimal(got)
    except ArithmeticError:
        return expected in got
    return found.quantize(wanted) == wanted
