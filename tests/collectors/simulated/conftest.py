"""Moments of the plant's calendar, and a year of the mill."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from collectors.simulated import Mill

JST = timezone(timedelta(hours=9))


def _jst_ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=JST).timestamp()) * 1000


@pytest.fixture(scope="session")
def jst_ms() -> Callable[[str], int]:
    """UTC milliseconds of a moment written in Japanese time, as 2023-04-01T00:00."""
    return _jst_ms


@pytest.fixture(scope="session")
def mill() -> Mill:
    """The mill of one seed from the first moment of fiscal year 2023."""
    return Mill(7, _jst_ms("2023-04-01T00:00"))
