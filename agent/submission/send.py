"""Ways for a signed file to the association: a broker, a web server, a folder to carry. Knows not what is inside."""

import asyncio
import contextlib
import os
import secrets
import ssl
from dataclasses import dataclass, replace
from pathlib import Path

import urllib3
import urllib3.exceptions

from agent.mqtt import NO_MATCHING_SUBSCRIBERS, Broker, ConnectionLost, Message, MqttClient, MqttError

CONTENT_TYPE = "application/jose"
"""A JWS in compact serialization (RFC 7515, section 9.2.1)."""

SHOWN_CHARACTERS = 2000
LATER = frozenset({429, 503})
"""Answers that a later attempt can change: too many requests, service unavailable (RFC 6585, RFC 9110)."""


class SendError(Exception):
    """A file did not arrive; says why and what to do. It can be sent again: a repeat is the same file."""


@dataclass(frozen=True, slots=True)
class HttpsRules:
    """Time-outs and repeats of an upload. The pause doubles from `first_pause_s`."""

    connect_s: float = 10.0
    read_s: float = 60.0
    attempts: int = 5
    first_pause_s: float = 1.0
    longest_pause_s: float = 60.0


async def send_by_mqtt(broker: Broker, topic: str, file: bytes, limit_s: float = 60.0) -> bool:
    """Leave a file with the broker as the retained message of a topic; returns whether somebody listens there now.

    Returns once the broker has acknowledged. Raises SendError when it has not within `limit_s`, or refuses.
    """
    message = Message(topic, file, retain=True, content_type=CONTENT_TYPE)
    async with MqttClient(replace(broker, session_expiry_s=0)) as client:
        try:
            async with asyncio.timeout(limit_s):
                return await _publish(client, message) != NO_MATCHING_SUBSCRIBERS
        except TimeoutError:
            raise SendError(client.last_error or f"{broker}: no acknowledgement within {limit_s:g} s") from None
        except MqttError as error:
            raise SendError(str(error)) from error


async def _publish(client: MqttClient, message: Message) -> int:
    """Publish; where the connection ends before the acknowledgement, again on the next one."""
    while True:
        await client.connected.wait()
        try:
            return await client.publish(message)
        except ConnectionLost:
            await asyncio.sleep(0.05)


def send_by_https(url: str, file: bytes, ca_file: Path | None = None, rules: HttpsRules | None = None) -> str:
    """Upload a file by POST; returns what the server answers.

    The server's certificate must hold, by the system's authorities or by `ca_file` alone. Raises SendError.
    """
    if not url.startswith("https://"):
        raise SendError(f"{url}: is no https address; a submission is confidential")
    rules = rules or HttpsRules()
    retries = urllib3.Retry(
        total=rules.attempts - 1,
        redirect=0,
        other=0,
        allowed_methods={"POST"},
        status_forcelist=LATER,
        backoff_factor=rules.first_pause_s / 2,
        backoff_max=rules.longest_pause_s,
        retry_after_max=int(rules.longest_pause_s),
        raise_on_status=False,
    )
    timeout = urllib3.Timeout(connect=rules.connect_s, read=rules.read_s)
    path, headers = urllib3.util.parse_url(url).request_uri, {"Content-Type": CONTENT_TYPE}
    with urllib3.connection_from_url(url, ssl_context=_context(ca_file), retries=retries, timeout=timeout) as pool:
        try:
            answer = pool.request("POST", path, body=file, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise SendError(f"{url}: {_cause(error)}") from error
    text = _printable(answer.data.decode("utf-8", "replace"))
    if not 200 <= answer.status < 300:
        raise SendError(f"{url}: the server answers {answer.status} {answer.reason or ''}: {text}".strip(": "))
    return text


def put_file(data: bytes, path: Path) -> None:
    """Write a file as a whole or not at all, on disk before this returns. The same file again does no harm.

    Raises SendError when another file has the name.
    """
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        if path.exists():
            if path.read_bytes() == data:
                return
            raise SendError(f"{path}: is already there with other content; move it away, or name another file")
        with fresh.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise SendError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)


def _context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except ssl.SSLError as error:
        raise SendError(f"{ca_file}: is no certificate of an authority: {error.reason}") from error
    except OSError as error:
        raise SendError(f"{ca_file}: cannot be read: {error.strerror}") from error


def _cause(error: urllib3.exceptions.HTTPError) -> str:
    """Why an upload failed, in the words of whoever refused it."""
    cause = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) else error
    if isinstance(cause, urllib3.exceptions.SSLError):
        return f"its certificate does not hold, or it speaks no TLS: {_printable(str(cause))}; check the CA file"
    if isinstance(cause, urllib3.exceptions.ReadTimeoutError):
        return "no answer in time; it may have the file, send it again"
    if isinstance(cause, urllib3.exceptions.NewConnectionError):
        return f"no connection: {_printable(str(cause).rpartition('] ')[2])}"
    return _printable(str(cause))


def _printable(text: str) -> str:
    """Foreign text for a terminal: one paragraph, no control characters, cut off."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:SHOWN_CHARACTERS]
