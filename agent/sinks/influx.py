"""Writes lines to InfluxDB by its version 2 API, which VictoriaMetrics has too. Knows no MQTT.

The only file that imports influxdb_client. Batching and repeating are the caller's: the client's own modes for them
hide errors in callbacks and keep lines in memory.
"""

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import urllib3.exceptions
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException

from agent.sinks import LinesRefused, SinkError, SinkMisconfigured, SinkUnavailable

STORED = 204
"""The only answer that says so; a proxy's or another server's page may come with 200."""

ABOUT_THE_LINES = {400, 413, 422}
"""Malformed; too many at once; rejected in part (InfluxDB documentation, "Troubleshoot issues writing data")."""

ABOUT_THE_MOMENT = {408, 425, 429}
"""Time-out, too early, too many requests: the codes below 500 that a later attempt can change (RFC 9110, RFC 6585)."""

LONGEST_WAIT_S = 3600.0
"""A server that asks for a longer pause is asked again after this."""


class InfluxSink:
    """One bucket of an InfluxDB."""

    def __init__(
        self,
        url: str,
        org: str,
        bucket: str,
        token: str,
        *,
        ca_file: Path | None = None,
        connect_timeout_s: float = 5.0,
        read_timeout_s: float = 30.0,
    ) -> None:
        """Does not connect. Raises SinkMisconfigured for a URL that is none."""
        scheme, _, host = url.partition("://")
        if scheme not in {"http", "https"} or not host:
            raise SinkMisconfigured(f"{url} is not the address of an InfluxDB", "write http://host:8086")
        self._url = url
        self._org = org
        self._bucket = bucket
        self._client = InfluxDBClient(
            url=url,
            token=token.strip(),
            org=org,
            timeout=(round(connect_timeout_s * 1000), round(read_timeout_s * 1000)),
            ssl_ca_cert=None if ca_file is None else str(ca_file),
        )
        self._writer = self._client.write_api(write_options=SYNCHRONOUS)

    async def write(self, lines: bytes, line_count: int) -> None:
        """Store lines with times in milliseconds. See `Sink.write`."""
        await asyncio.to_thread(self._write, lines)

    async def close(self) -> None:
        """Close the connections to the server."""
        await asyncio.to_thread(self._client.close)

    def _write(self, lines: bytes) -> None:
        try:
            precision: WritePrecision = WritePrecision.MS  # type: ignore[assignment]  # the library calls its text this
            self._writer.write(self._bucket, self._org, lines, precision)
        except ApiException as error:
            raise self._explain(error) from error
        except UnicodeDecodeError as error:
            raise SinkUnavailable(f"{self._url}: the answer is not from an InfluxDB") from error
        except urllib3.exceptions.HTTPError as error:
            raise SinkUnavailable(f"{self._url}: {_short(error)}") from error
        status = self._client.api_client.last_response.status
        if status != STORED:
            raise SinkMisconfigured(f"{self._url}: answers {status}, which no InfluxDB does", self._hint(status))

    def _explain(self, error: ApiException) -> SinkError:
        """What an error answer means for the lines that were written."""
        status = int(error.status or 0)
        reason = f"{self._url}: {status} {_one_line(error.message)}"
        if status in ABOUT_THE_LINES:
            return LinesRefused(reason)
        if status in ABOUT_THE_MOMENT or status >= 500:
            return SinkUnavailable(reason, _seconds_until(error.retry_after, datetime.now(UTC)))
        return SinkMisconfigured(reason, self._hint(status))

    def _hint(self, status: int) -> str:
        match status:
            case 401 | 403:
                return f"give the bridge a token that may write to bucket {self._bucket!r} of {self._org!r}"
            case 404:
                return f"create bucket {self._bucket!r} in {self._org!r}, or correct the names"
            case 0:
                return "check the server's certificate and the CA file"
        return "check the address"


def _one_line(text: object) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return " ".join(words.split())[:500]


def _short(error: urllib3.exceptions.HTTPError) -> str:
    """The cause of a network error in a few words, without the library's object names."""
    match error:
        case urllib3.exceptions.ReadTimeoutError():
            return "no answer in time"
        case urllib3.exceptions.NewConnectionError():  # the library makes it a kind of the next one
            return _one_line(str(error).rpartition(": ")[2].rpartition("] ")[2]).rstrip(")")
        case urllib3.exceptions.ConnectTimeoutError():
            return "no connection in time"
    return _one_line(error)


def _seconds_until(retry_after: str | None, now: datetime) -> float | None:
    """A Retry-After header, seconds or a date (RFC 9110, section 10.2.3), in seconds; None without a usable one."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after), LONGEST_WAIT_S)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return min(max(0.0, (aware - now).total_seconds()), LONGEST_WAIT_S)
