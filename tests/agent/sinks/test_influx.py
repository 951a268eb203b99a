"""The InfluxDB sink: what is stored, and what each answer of a server means for the lines."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from agent.sinks import LinesRefused, SinkError, SinkMisconfigured, SinkUnavailable
from agent.sinks.influx import InfluxSink
from tests.conftest import StartVictoriaMetrics
from tests.strict_influx import Answer, StrictInflux

TIME_MS = 1_732_406_400_000
GOOD = f"meter,site=east,device=furnace kwh=1.5,kw=2 {TIME_MS}".encode()
CONFLICT = f'meter,site=east,device=saw kwh="many" {TIME_MS}'.encode()


def open_sink(server: StrictInflux, bucket: str = "energy", token: str = "secret-token") -> InfluxSink:
    return InfluxSink(server.url, "mill", bucket, token, connect_timeout_s=1, read_timeout_s=0.3)


@pytest.fixture
async def sink(strict_influx: StrictInflux) -> AsyncIterator[InfluxSink]:
    sink = open_sink(strict_influx)
    yield sink
    await sink.close()


async def refusal(sink: InfluxSink, lines: bytes = GOOD) -> SinkError:
    with pytest.raises(SinkError) as caught:
        await sink.write(lines, 1)
    await sink.close()
    return caught.value


@pytest.mark.victoriametrics
async def test_lines_are_stored_with_times_in_milliseconds(start_victoria_metrics: StartVictoriaMetrics) -> None:
    server = start_victoria_metrics()
    sink = InfluxSink(server.url, "mill", "energy", "unused")
    later = GOOD.replace(b"1732406400000", b"1732406400001")
    await sink.write(GOOD + b"\n" + later, 2)
    await sink.write(GOOD, 1)  # a repeat changes nothing
    await sink.close()
    assert {series.labels["__name__"]: (series.values, series.times_ms) for series in server.export()} == {
        "meter_kwh": ((1.5, 1.5), (TIME_MS, TIME_MS + 1)),
        "meter_kw": ((2.0, 2.0), (TIME_MS, TIME_MS + 1)),
    }


async def test_the_request_is_the_one_that_influxdb_documents(sink: InfluxSink, strict_influx: StrictInflux) -> None:
    await sink.write(GOOD, 1)
    assert strict_influx.points == {("meter,site=east,device=furnace", TIME_MS): "kwh=1.5,kw=2"}


async def test_a_token_file_may_end_with_a_line_feed(strict_influx: StrictInflux) -> None:
    sink = open_sink(strict_influx, token="secret-token\n")
    await sink.write(GOOD, 1)
    await sink.close()


async def test_a_malformed_line_refuses_the_lines_and_is_quoted(sink: InfluxSink, strict_influx: StrictInflux) -> None:
    error = await refusal(sink, GOOD + b"\nmeter kwh=abc 1")
    assert isinstance(error, LinesRefused)
    assert "unable to parse 'meter kwh=abc 1'" in str(error)
    assert strict_influx.points == {}


async def test_a_partial_write_refuses_although_the_good_lines_are_stored(
    sink: InfluxSink, strict_influx: StrictInflux
) -> None:
    error = await refusal(sink, GOOD + b"\n" + CONFLICT)
    assert isinstance(error, LinesRefused)
    assert "422" in str(error)
    assert "partial write: field type conflict" in str(error)
    assert len(strict_influx.points) == 1


async def test_too_many_lines_at_once_are_refused(sink: InfluxSink, strict_influx: StrictInflux) -> None:
    strict_influx.largest_body = 100
    assert isinstance(await refusal(sink, b"\n".join([GOOD] * 3)), LinesRefused)


async def test_a_wrong_token_and_a_missing_bucket_are_for_a_person(strict_influx: StrictInflux) -> None:
    error = await refusal(open_sink(strict_influx, token="old"))
    assert isinstance(error, SinkMisconfigured)
    assert error.reason == f"{strict_influx.url}: 401 unauthorized access"
    assert error.hint == "give the bridge a token that may write to bucket 'energy' of 'mill'"
    error = await refusal(open_sink(strict_influx, bucket="missing"))
    assert isinstance(error, SinkMisconfigured)
    assert str(error) == (
        f'{strict_influx.url}: 404 bucket "missing" not found: '
        "create bucket 'missing' in 'mill', or correct the names"
    )


async def test_only_204_says_that_lines_are_stored(sink: InfluxSink, strict_influx: StrictInflux) -> None:
    strict_influx.answers.append(Answer(200, "<html>Please log in</html>"))
    error = await refusal(sink)
    assert isinstance(error, SinkMisconfigured)
    assert str(error) == f"{strict_influx.url}: answers 200, which no InfluxDB does: check the address"


@pytest.mark.parametrize("status", [301, 403, 405, 407, 418])
async def test_what_says_nothing_about_the_lines_never_refuses_them(
    status: int, sink: InfluxSink, strict_influx: StrictInflux
) -> None:
    strict_influx.answers.append(Answer(status, "no", {"Location": "http://127.0.0.1:1/"} if status == 301 else {}))
    assert isinstance(await refusal(sink), SinkMisconfigured)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_what_may_pass_is_to_be_tried_again(status: int, sink: InfluxSink, strict_influx: StrictInflux) -> None:
    strict_influx.answers.append(Answer(status))
    error = await refusal(sink)
    assert isinstance(error, SinkUnavailable)
    assert error.retry_after_s is None
    assert len(strict_influx.request_times_s) == 1, "trying again is the bridge's decision"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("86400", 3600.0),
        ("1" * 5000, 3600.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Fri, 31 Dec 2199 23:59:59 GMT", 3600.0),
        ("Fri, 31 Dec 2199 23:59:59 -0000", 3600.0),
        ("Fri, 31 Jun 2199 23:59:59 GMT", None),
        ("-3", None),
        ("²", None),
        ("soon", None),
    ],
)
async def test_the_pause_that_the_server_asks_for(
    header: str, expected: float | None, sink: InfluxSink, strict_influx: StrictInflux
) -> None:
    strict_influx.answers.append(Answer(429, headers={"Retry-After": header}))
    error = await refusal(sink)
    assert isinstance(error, SinkUnavailable)
    assert error.retry_after_s == expected


@pytest.mark.parametrize("status", [429, 503])
async def test_a_pause_until_a_date_is_one_of_seconds(
    status: int, sink: InfluxSink, strict_influx: StrictInflux
) -> None:
    """The format of RFC 9110, section 5.6.7. The header has whole seconds; the test's own time passes meanwhile."""
    moment = datetime.now(UTC) + timedelta(seconds=120)
    strict_influx.answers.append(Answer(status, headers={"Retry-After": moment.strftime("%a, %d %b %Y %H:%M:%S GMT")}))
    error = await refusal(sink)
    assert isinstance(error, SinkUnavailable)
    assert error.retry_after_s is not None
    assert 100 < error.retry_after_s <= 120


async def test_a_closed_port_a_silent_server_and_an_unknown_name(
    sink: InfluxSink, strict_influx: StrictInflux, free_port: int
) -> None:
    strict_influx.answers.append(Answer(204, delay_s=0.6))
    error = await refusal(sink)
    assert (type(error), str(error)) == (SinkUnavailable, f"{strict_influx.url}: no answer in time")
    url = f"http://127.0.0.1:{free_port}"
    error = await refusal(InfluxSink(url, "mill", "energy", "t"))
    assert (type(error), str(error)) == (SinkUnavailable, f"{url}: Connection refused")
    error = await refusal(InfluxSink("http://no-such-host.invalid:8086", "mill", "energy", "t"))
    assert isinstance(error, SinkUnavailable)


async def test_a_server_that_breaks_off_or_speaks_something_else(free_port: int) -> None:
    answers = [
        b"",
        b"HTTP/1.1 2",
        b"220 mail.example ESMTP\r\n",
        b"HTTP/1.1 500 X\r\nContent-Length: 2\r\n\r\n\xff\xfe",
    ]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answers.pop(0))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", free_port)
    async with server:
        while answers:
            error = await refusal(InfluxSink(f"http://127.0.0.1:{free_port}", "mill", "energy", "t"))
            assert isinstance(error, SinkUnavailable), error


async def test_tls_without_the_right_authority_is_for_a_person(free_port: int) -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"this is not TLS")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", free_port)
    async with server:
        error = await refusal(InfluxSink(f"https://127.0.0.1:{free_port}", "mill", "energy", "t"))
    assert isinstance(error, SinkMisconfigured)
    assert error.hint == "check the server's certificate and the CA file"


@pytest.mark.parametrize("url", ["127.0.0.1:8086", "ftp://influx", "http://", ""])
def test_an_address_that_is_none_is_named(url: str) -> None:
    with pytest.raises(SinkMisconfigured, match="is not the address of an InfluxDB: write http://host:8086"):
        InfluxSink(url, "mill", "energy", "t")


def test_the_client_library_is_loaded_only_where_it_is_used() -> None:
    """It costs a quarter of a second and 17 MB."""
    code = "import sys, agent.bridge, agent.sinks.files; sys.exit('influxdb_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=30).returncode == 0
