"""Telling people: a real mail server with TLS, a real HTTPS server, a real broker; what fails is tried again."""

import asyncio
import base64
import email
import email.policy
import http.server
import json
import socketserver
import ssl
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from agent.alerting.channel import NotDelivered
from agent.alerting.deliver import Deliverer
from agent.alerting.notice import Wording
from agent.alerting.notify_email import EmailChannel
from agent.alerting.notify_mqtt import MqttChannel
from agent.alerting.notify_webhook import WebhookChannel
from agent.alerting.one_thread import OneThread
from agent.alerting.records import now_record
from agent.alerting.store import MOST_ATTEMPTS, AlertStore, StoredEvent
from agent.alerts.machine import AlertEvent, AlertsState, EventKind
from agent.alerts.rules import COST_UNKNOWN, AlertKind, Unmeasured, UsualAmount
from agent.mqtt import Broker, MqttClient
from agent.settings.notify_tables import EmailTable, WebhookTable
from agent.texts import texts_for
from tests.agent.alerting.conftest import MakeSite, at
from tests.conftest import Authority, StartMosquitto, until

HOSTILE = "<b>熱延</b>\\r\\nBcc: eve@example.com\\u202e \\u0007; DROP TABLE"
RULE = f"""
[[alert]]
id = "silent"
kind = "silent"
name_ja = "{HOSTILE}"
name_en = "the boiler"
device = "boiler"
for_min = 5
"""
SECRET = "hunter2-the-secret"


TEN_S = at("2023-10-03T10:00")
USUAL = {"stream": "boiler_gas", "unit": "m3", "amount": 1234.4, "energy_gj": 55.5, "co2_kg": 2760.0}


def stored(number: int, kind: EventKind = EventKind.RAISED) -> StoredEvent:
    unmeasured = Unmeasured(TEN_S - 3900, TEN_S, (UsualAmount("boiler_gas", "m3", 1234.4, 55.5, 2760.0),))
    facts = ("silent", AlertKind.SILENT, TEN_S + number, 0, 360.0, COST_UNKNOWN, unmeasured)
    return StoredEvent(number, AlertEvent(kind, *facts))


@dataclass
class Mailbox:
    """What a mail server was sent. `answers` are given to MAIL FROM, one each; then 250."""

    port: int = 0
    logins: list[str] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    messages: list[EmailMessage] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)


class MailSession:
    """One connection of a mail server (RFC 5321, RFC 3207, RFC 4954)."""

    def __init__(self, mailbox: Mailbox, context: ssl.SSLContext | None, *, has_starttls: bool) -> None:
        self._mailbox = mailbox
        self._context = context
        self._has_starttls = has_starttls
        self._recipients: list[str] = []
        self._sender = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"220 mail ESMTP\r\n")
            while line := await reader.readline():
                text = line.decode().strip()
                self._mailbox.commands.append(text.split(" ")[0].upper())
                if self._mailbox.commands[-1] == "DATA":
                    writer.write(b"354 go on\r\n")
                    data = (await reader.readuntil(b"\r\n.\r\n"))[:-5]
                    self._keep(data)
                    writer.write(b"250 kept\r\n")
                elif self._mailbox.commands[-1] == "STARTTLS" and self._context is not None:
                    writer.write(b"220 begin\r\n")
                    await writer.drain()
                    await writer.start_tls(self._context)
                    self._has_starttls = False
                else:
                    writer.write(self._answer(text))
                await writer.drain()
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _keep(self, data: bytes) -> None:
        message = email.message_from_bytes(data, policy=email.policy.default)
        self._mailbox.messages.append(message)
        self._mailbox.envelopes.append((self._sender, self._recipients))

    def _answer(self, text: str) -> bytes:
        command = self._mailbox.commands[-1]
        if command == "EHLO":
            return b"250-mail\r\n" + (b"250-STARTTLS\r\n" if self._has_starttls else b"") + b"250 AUTH PLAIN\r\n"
        if command == "AUTH":
            login = base64.b64decode(text.split(" ")[2]).decode()
            self._mailbox.logins.append(login)
            return b"235 welcome\r\n" if login.endswith(SECRET) else b"535 5.7.8 not you, " + login.encode() + b"\r\n"
        if command == "MAIL":
            self._sender, self._recipients = text.partition("<")[2].partition(">")[0], []
            return self._mailbox.answers.pop(0) if self._mailbox.answers else b"250 fine\r\n"
        if command == "RCPT":
            self._recipients.append(text.partition("<")[2].partition(">")[0])
        return b"221 bye\r\n" if command == "QUIT" else b"250 fine\r\n"


@asynccontextmanager
async def mail_server(authority: Authority, security: str) -> Any:
    mailbox, context = Mailbox(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.sign("mail"))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await MailSession(mailbox, context, has_starttls=security == "starttls").serve(reader, writer)

    outer = context if security == "tls" else None
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=outer)
    async with server:
        mailbox.port = server.sockets[0].getsockname()[1]
        yield mailbox


def email_table(mailbox: Mailbox, authority: Authority, security: str, **other: object) -> EmailTable:
    facts: dict[str, object] = {
        "host": "127.0.0.1",
        "port": mailbox.port,
        "security": security,
        "username": "mill",
        "password": SECRET,
        "sender": "atsuen@mill.example",
        "recipients": ["manager@mill.example", "engineer@mill.example"],
        "ca_file": authority.file,
        "timeout_s": 5,
    }
    return EmailTable.model_validate({**facts, **other})


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_mail_over_tls_in_the_sites_language(make_site: MakeSite, authority: Authority, security: str) -> None:
    site = make_site(RULE)
    async with mail_server(authority, security) as mailbox:
        channel = EmailChannel(email_table(mailbox, authority, security), Path(), Wording(site, texts_for("ja")))
        await channel.send([stored(1)])
        await channel.send([stored(1), stored(2, EventKind.CLEARED)])
    assert mailbox.logins == [f"\0mill\0{SECRET}"] * 2
    assert mailbox.envelopes[0] == ("atsuen@mill.example", ["manager@mill.example", "engineer@mill.example"])
    first, both = mailbox.messages
    name = "<b>熱延</b> Bcc: eve@example.com ; DROP TABLE"
    assert first["Subject"] == f"[模擬アルミニウム圧延工場] 発生: {name}"
    assert first["Bcc"] is None
    assert first.get_content_type() == "text/plain"
    assert first.get_content().splitlines() == [
        f"{name}: 6 分間応答がありません(基準 5 分)",
        "時刻: 2023-10-03 10:00",
        "発生時刻: 1970-01-01 09:00",
        "未計測: 1 時間 5 分; この時間の通常値: ボイラー 都市ガス 1,234 m3",
    ]
    assert both["Subject"] == "[模擬アルミニウム圧延工場] アラート 2 件"
    assert "解除" in both.get_content()
    assert len({message["Message-ID"] for message in mailbox.messages}) == 2


async def test_a_wrong_password_is_told_without_it(make_site: MakeSite, authority: Authority) -> None:
    site = make_site(RULE)
    async with mail_server(authority, "starttls") as mailbox:
        table = email_table(mailbox, authority, "starttls", password="wrong-but-secret-too")
        channel = EmailChannel(table, Path(), Wording(site, texts_for("en")))
        with pytest.raises(NotDelivered, match="user or password is refused") as refused:
            await channel.send([stored(1)])
    assert "wrong-but-secret-too" not in str(refused.value) + repr(table)


async def test_a_server_without_tls_gets_neither_password_nor_mail(make_site: MakeSite, authority: Authority) -> None:
    site = make_site(RULE)
    async with mail_server(authority, "none") as mailbox:
        channel = EmailChannel(email_table(mailbox, authority, "starttls"), Path(), Wording(site, texts_for("en")))
        with pytest.raises(NotDelivered, match="STARTTLS"):
            await channel.send([stored(1)])
    assert (mailbox.logins, mailbox.messages) == ([], [])


async def test_a_certificate_of_nobody_we_know(make_site: MakeSite, authority: Authority, tmp_path: Path) -> None:
    site = make_site(RULE)
    async with mail_server(authority, "tls") as mailbox:
        table = email_table(mailbox, authority, "tls", ca_file=None)
        channel = EmailChannel(table, tmp_path, Wording(site, texts_for("en")))
        with pytest.raises(NotDelivered, match="no trusted TLS"):
            await channel.send([stored(1)])
    assert mailbox.commands == []


@dataclass
class Hook:
    """What a webhook was sent: headers and JSON. `answers` are status codes, one each; then 204."""

    url: str = ""
    requests: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)


@contextmanager
def webhook_server(authority: Authority) -> Iterator[Hook]:
    hook = Hook()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.requests.append((dict(self.headers), json.loads(body)))
            self.send_response(hook.answers.pop(0) if hook.answers else 204)
            self.send_header("Location", "https://elsewhere.example/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.sign("hook"))
    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        hook.url = f"https://127.0.0.1:{server.server_address[1]}/services/{SECRET}"
        thread = threading.Thread(target=lambda: server.serve_forever(0.01))
        thread.start()
        try:
            yield hook
        finally:
            server.shutdown()
            thread.join()


def webhook(site: Any, hook: Hook, authority: Authority | None, **other: object) -> WebhookChannel:
    ca_file = None if authority is None else authority.file
    table = WebhookTable.model_validate({"url": hook.url, "token": SECRET, "ca_file": ca_file, **other})
    return WebhookChannel(table, Path(), Wording(site, texts_for("en")))


async def test_a_webhook_gets_the_documented_record(make_site: MakeSite, authority: Authority) -> None:
    site = make_site(RULE)
    with webhook_server(authority) as hook:
        await webhook(site, hook, authority).send([stored(7)])
    headers, record = hook.requests[0]
    assert headers["Authorization"] == f"Bearer {SECRET}"
    assert record == {
        "schema": "atsuen-alert/1",
        "site": "demo",
        "event": 7,
        "what": "raised",
        "time_utc_s": at("2023-10-03T10:00") + 7,
        "alert": "silent",
        "kind": "silent",
        "name_ja": "<b>熱延</b> Bcc: eve@example.com ; DROP TABLE",
        "name_en": "the boiler",
        "since_utc_s": 0,
        "value": 360.0,
        "limit": 300.0,
        "unit": "s",
        **dict.fromkeys(("energy_gj", "co2_kg", "yen")),
        "unmeasured": {"from_utc_s": TEN_S - 3900, "to_utc_s": TEN_S, "usual": [USUAL]},
        "text": "the boiler: no answer for 6 minutes (limit 5 minutes)",
    }


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_any_other_answer_is_none(make_site: MakeSite, authority: Authority, status: int) -> None:
    site = make_site(RULE)
    with webhook_server(authority) as hook:
        hook.answers = [status]
        with pytest.raises(NotDelivered, match=f"webhook at 127.0.0.1: answers {status}") as refused:
            await webhook(site, hook, authority).send([stored(1)])
    assert SECRET not in str(refused.value)
    assert len(hook.requests) == 1


async def test_a_webhook_that_is_not_there_or_not_trusted_keeps_its_address_secret(
    make_site: MakeSite, authority: Authority
) -> None:
    site = make_site(RULE)
    with webhook_server(authority) as hook, pytest.raises(NotDelivered, match="certificate") as untrusted:
        await webhook(site, hook, None).send([stored(1)])
    with pytest.raises(NotDelivered, match="no connection") as gone:
        await webhook(site, hook, authority).send([stored(1)])
    assert hook.requests == []
    assert SECRET not in str(untrusted.value) + str(gone.value)


@pytest.mark.mosquitto
async def test_what_stands_is_retained_and_events_are_told_once(
    make_site: MakeSite, start_mosquitto: StartMosquitto
) -> None:
    site, broker = make_site(RULE), start_mosquitto()
    wording = Wording(site, texts_for("en"))
    async with MqttClient(Broker("127.0.0.1", "test-site", broker.port)) as client:
        channel = MqttChannel(client, "atsuen/demo/alerts", wording)
        await channel.tell_now(now_record(wording, 5, AlertsState(), ()))
        async with MqttClient(Broker("127.0.0.1", "test-reader", broker.port)) as reader:
            heard = reader.subscribe("atsuen/demo/alerts/#")
            await reader.connected.wait()
            first = await anext(heard)
            await channel.send([stored(3)])
            second = await anext(heard)
    assert first.message.retain
    assert json.loads(first.message.payload) == {
        "schema": "atsuen-alerts/1",
        "site": "demo",
        "time_utc_s": 5,
        "raised": [],
        "undelivered": [],
        "problem": "",
    }
    assert (second.message.topic, second.message.retain) == ("atsuen/demo/alerts/events", False)
    assert json.loads(second.message.payload)["event"] == 3


class Stubborn:
    """A channel that fails so many times. It is the test's own end of the line."""

    name, most = "webhook", 1

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.sent: list[int] = []

    async def send(self, events: Sequence[StoredEvent]) -> None:
        if self.failures > 0:
            self.failures -= 1
            raise NotDelivered("it does not listen")
        self.sent += [event.id for event in events]


@asynccontextmanager
async def delivering(in_thread: OneThread, store: AlertStore, channel: Stubborn) -> AsyncIterator[Deliverer]:
    deliverer = Deliverer(channel, store, in_thread, first_pause_s=0.0001)
    task = asyncio.create_task(deliverer.run())
    try:
        yield deliverer
    finally:
        task.cancel()
        await asyncio.wait([task])


def event_of(kind: EventKind = EventKind.RAISED) -> AlertEvent:
    return stored(1, kind).event


async def test_what_is_not_delivered_is_tried_again_over_a_restart_and_told_once(tmp_path: Path) -> None:
    path, channel, in_thread = tmp_path / "alerts", Stubborn(3), OneThread("test")
    store = AlertStore(path)
    store.save(AlertsState(), [event_of()], ["webhook"])
    async with delivering(in_thread, store, channel):
        await until(lambda: channel.failures < 3)
    store.close()
    again = AlertStore(path)
    async with delivering(in_thread, again, channel) as deliverer:
        await until(lambda: channel.sent == [1])
        await in_thread(lambda: again.save(AlertsState(), [event_of(EventKind.CLEARED)], ["webhook"]))
        deliverer.woken.set()
        await until(lambda: channel.sent == [1, 2])
    standing = again.standings()
    again.close()
    in_thread.close()
    assert all(each.waiting == each.given_up == 0 for each in standing)


async def test_attempts_are_bounded_and_what_is_given_up_is_shown(tmp_path: Path) -> None:
    store = AlertStore(tmp_path / "alerts")
    store.save(AlertsState(), [event_of()], ["webhook"])
    (event,) = store.waiting("webhook", 5)
    for attempt in range(MOST_ATTEMPTS):
        assert store.waiting("webhook", 5) == [event], attempt
        store.failed("webhook", [event], "it does not listen")
    assert store.waiting("webhook", 5) == []
    (standing,) = store.standings()
    assert (standing.waiting, standing.given_up, standing.error) == (0, 1, "it does not listen")
    store.close()
