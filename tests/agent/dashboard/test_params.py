"""Parameters that nobody should send: refused with a sentence, whatever they are."""

import asyncio
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.dashboard.params import ParamError, Params

ZONE = ZoneInfo("Asia/Tokyo")
NOW_S = 1_696_295_400
NAMES = (
    "measure",
    "style",
    "series",
    "against",
    "view",
    "by",
    "from",
    "to",
    "fiscal_year",
    "page",
    "line",
    "stream",
    "scheme",
    "kind",
    "done",
    "next",
    "language",
)
PATHS = (
    "/",
    "/year",
    "/data",
    "/trace",
    "/devices",
    "/corrections",
    "/login",
    "/preferences",
    "/api/energy",
    "/api/gate",
    "/demand",
    "/flows",
    "/trends",
    "/alerts",
    "/api/flows",
    "/api/demand",
)
HOSTILE = st.sampled_from(
    [
        "' OR 1=1 --",
        "../../etc/passwd",
        "%00",
        "\x00",
        "9" * 90,
        "-1",
        "1e9",
        "２０２３",
        "NaN",
        "0001-01-01",
        "9999-12-31T23:59",
        "2023-02-30",
        "2023-10-01T00:00+99:00",
        "\u202e2023",
        "grid_power," * 9,
        "<svg/onload=alert(1)>",
        "half-hour",
        "year",
        "2023",
        "2023-10-01",
        "2023-10-03T00:17",
    ]
)
VALUES = st.one_of(HOSTILE, st.text(max_size=40))


@given(st.dictionaries(st.sampled_from(NAMES), VALUES))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_reading_gives_a_value_or_is_refused(given_params: dict[str, str]) -> None:
    params = Params(given_params, ZONE, NOW_S)
    for read in (params.fiscal_year, params.page, lambda: params.period("day", NOW_S - 86_400, NOW_S)):
        with suppress(ParamError):
            read()


@pytest.mark.parametrize(
    ("given_params", "told"),
    [
        ({"fiscal_year": "２０２３"}, "fiscal_year"),
        ({"fiscal_year": "2101"}, "2100"),
        ({"by": "minute"}, "by"),
        ({"by": "half-hour", "from": "2022-10-01"}, "366 days"),
        ({"from": "2023-10-03T00:17"}, ":00 or :30"),
        ({"from": "0001-01-01"}, "from"),
        ({"from": "9999-12-31T23:59"}, "from"),
        ({"from": "2023-10-03", "to": "2023-10-02"}, "nothing has passed"),
    ],
)
def test_what_is_refused_says_what_to_write(given_params: dict[str, str], told: str) -> None:
    params = Params(given_params, ZONE, NOW_S)
    with pytest.raises(ParamError, match=told):
        params.fiscal_year() and params.period("day", NOW_S - NOW_S % 1800 - 86_400, NOW_S - NOW_S % 1800)


@given(st.lists(st.tuples(st.sampled_from(PATHS), st.dictionaries(st.sampled_from(NAMES), VALUES)), max_size=12))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_page_breaks(plant: Any, open_dashboard: Any, asked: list[tuple[str, dict[str, str]]]) -> None:
    async def ask() -> None:
        async with open_dashboard(plant) as client:
            for path, params in asked:
                answer = await client.get(path, params=params)
                assert answer.status_code in {200, 303, 400, 404, 414, 422, 503}, (path, params, answer.text[-400:])
                assert "Traceback" not in answer.text

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("ja", "by: 'minute' は half-hour, hour, day, month, year のどれでもありません"),
        ("en", "by: 'minute' is none of"),
    ],
)
async def test_a_refusal_is_told_in_the_readers_language(
    plant: Any, open_dashboard: Any, language: str, told: str
) -> None:
    async with open_dashboard(plant) as client:
        page = await client.get("/trends", params={"by": "minute"}, headers={"accept-language": language})
        answer = await client.get("/api/energy", params={"by": "minute"}, headers={"accept-language": language})
    assert (page.status_code, answer.status_code) == (400, 400)
    assert told in page.text.replace("&#39;", "'")
    assert told in answer.json()["problem"]
