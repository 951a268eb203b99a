"""What is kept of a month is what was drawn of it, holds for its mark alone, and may be damaged or missing."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.gas_volume import ReferenceState
from agent.accounting.history import Volume
from agent.accounting.shares import Shares
from agent.dashboard.day_volumes import DayVolumes
from agent.dashboard.figures_codec import read_figures, write_figures
from agent.dashboard.journal_view import Marks
from agent.dashboard.kept_file import UNREADABLE, KeptFile, KeptVolume, kept_path
from agent.dashboard.known_days import join_days, known_days, read_days, write_days
from agent.query import Kept, query_time, spans_of
from agent.site_factors import FactorSets


def utc_s(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Tokyo")).timestamp())


FROM_S, TO_S = utc_s("2023-09-24"), utc_s("2023-10-03T08:30")


def drawn_days(plant: Any, kept: Kept | None = None) -> Any:
    return query_time(plant.site, spans_of(plant.site, "day", FROM_S, TO_S), kept=kept)


def file_of(plant: Any) -> KeptFile:
    return KeptFile(kept_path(plant.site.path(plant.site.file.journal.path)))


def test_figures_are_the_same_to_the_last_digit(plant: Any) -> None:
    drawn, factors = drawn_days(plant), FactorSets(plant.site).of(2023)
    assert read_figures(write_figures(drawn, factors), plant.site, factors) == drawn


def test_what_is_kept_holds_for_its_name_and_mark(plant: Any) -> None:
    file_of(plant).put("days", "1", b"figures")
    kept = file_of(plant)
    assert kept.get("days", "1") == b"figures"
    assert kept.get("days", "2") is None
    assert kept.get("other", "1") is None


def test_the_oldest_go(plant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.dashboard.kept_file._MOST_KEPT", 3)
    kept = file_of(plant)
    for name in "abcdb":
        kept.put(name, "1", name.encode())
    assert [kept.get(name, "1") for name in "abcd"] == [None, b"b", b"c", b"d"]


def damage(path: Path) -> None:
    path.write_bytes(b"not a database" * 100)


def be_a_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("harm", [damage, be_a_folder])
def test_a_file_that_cannot_be_used_is_as_good_as_none(plant: Any, harm: Any) -> None:
    harm(kept_path(plant.site.path(plant.site.file.journal.path)))
    kept = file_of(plant)
    kept.put("days", "1", b"figures")
    kept.put_volumes([KeptVolume("gas", 0, "1", "2", "0 0 0 0")])
    assert kept.get("days", "1") is None
    assert kept.volumes() == []


@pytest.mark.parametrize("content", [b"", b"noise", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_content_that_is_none_is_noticed(plant: Any, content: bytes) -> None:
    with pytest.raises(UNREADABLE):
        read_figures(content, plant.site, FactorSets(plant.site).of(2023))
    with pytest.raises(UNREADABLE):
        read_days(content)


def test_days_are_told_apart_and_joined(plant: Any) -> None:
    """The mill of this site is read from 2023-09-25 00:00 on; the day before nothing is known."""
    spans = spans_of(plant.site, "day", FROM_S, TO_S)
    whole = known_days(query_time(plant.site, spans))
    parts = [known_days(query_time(plant.site, part)) for part in (spans[:4], spans[4:])]
    assert join_days(parts) == whole
    assert read_days(write_days(whole)) == whole
    power = next(line for line in whole.lines if line.line_id == "grid_power")
    assert power.letters == "n" + "a" * 9
    assert power.missing_ms[0] == (0, 86_400_000)


def test_kept_volumes_change_no_figure(plant: Any) -> None:
    """Drawn without, drawn into an empty file, and drawn from the file: the same to the last digit."""
    marks, plain = Marks(1, {FROM_S + 86_400 * day: (1, 0) for day in range(9)}), drawn_days(plant)
    for _ in range(2):
        volumes = DayVolumes(file_of(plant))
        assert drawn_days(plant, Kept(FactorSets(plant.site).of, volumes.under(marks))) == plain
        volumes.save()
    gas = [stream for stream in plant.site.streams if stream.gas_meter is not None]
    assert len(file_of(plant).volumes()) == 9 * len(gas)


def test_a_kept_volume_is_used_while_its_day_stands(plant: Any) -> None:
    gas = next(stream for stream in plant.site.streams if stream.gas_meter is not None)
    known = Volume(Decimal("12345.678"), Shares(86_400_000, 86_400_000))
    volumes = DayVolumes(file_of(plant))
    before, after = Marks(1, {FROM_S: (48, 0)}), Marks(1, {FROM_S: (48, 1)})
    volumes.under(before).put(gas, ReferenceState.NM3, FROM_S, known)
    volumes.save()
    again = DayVolumes(file_of(plant))
    assert again.under(before).get(gas, ReferenceState.NM3, FROM_S) == known
    assert again.under(before).get(gas, ReferenceState.SATP, FROM_S) is None
    assert again.under(after).get(gas, ReferenceState.NM3, FROM_S) is None
    assert again.under(Marks(2, before.days)).get(gas, ReferenceState.NM3, FROM_S) is None


@pytest.mark.parametrize(("m3", "shares"), [("12345.679", "1 2 3 4"), ("12345.678", "1 2 3 5"), ("many", "1 2")])
def test_a_kept_volume_that_was_damaged_is_drawn_again(plant: Any, m3: str, shares: str) -> None:
    gas = next(stream for stream in plant.site.streams if stream.gas_meter is not None)
    volumes, marks = DayVolumes(file_of(plant)), Marks(1, {})
    volumes.under(marks).put(gas, ReferenceState.NM3, FROM_S, Volume(Decimal("12345.678"), Shares(1, 2, 3, 4)))
    volumes.save()
    (written,) = file_of(plant).volumes()
    file_of(plant).put_volumes([replace(written, m3=m3, shares=shares)])
    assert DayVolumes(file_of(plant)).under(marks).get(gas, ReferenceState.NM3, FROM_S) is None
