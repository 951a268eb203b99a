"""What is kept of a month is what was drawn of it, holds for its mark alone, and may be damaged or missing."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from agent.dashboard.kept import KeptFigures, kept_path
from agent.query import query_time, spans_of


def utc_s(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Tokyo")).timestamp())


def drawn_days(plant: Any) -> Any:
    return query_time(plant.site, spans_of(plant.site, "day", utc_s("2023-09-24"), utc_s("2023-10-03")))


def test_the_same_to_the_last_digit(plant: Any) -> None:
    drawn = drawn_days(plant)
    KeptFigures(plant.site).put("days", (1, 2), 2023, None, drawn)
    assert KeptFigures(plant.site).get("days", (1, 2), 2023, None) == drawn


def test_another_mark_scheme_or_year_has_nothing(plant: Any) -> None:
    kept = KeptFigures(plant.site)
    kept.put("days", (1, 2), 2023, None, drawn_days(plant))
    assert kept.get("days", (1, 3), 2023, None) is None
    assert kept.get("days", (1, 2), 2022, None) is None
    assert kept.get("other", (1, 2), 2023, None) is None


def test_a_damaged_file_is_as_good_as_none(plant: Any) -> None:
    path = kept_path(plant.site.path(plant.site.file.journal.path))
    path.write_bytes(b"not a database" * 100)
    kept = KeptFigures(plant.site)
    kept.put("days", 1, 2023, None, drawn_days(plant))
    assert kept.get("days", 1, 2023, None) is None


def test_a_folder_that_is_in_the_way_is_as_good_as_none(plant: Any) -> None:
    kept_path(plant.site.path(plant.site.file.journal.path)).mkdir()
    kept = KeptFigures(plant.site)
    kept.put("days", 1, 2023, None, drawn_days(plant))
    assert kept.get("days", 1, 2023, None) is None
