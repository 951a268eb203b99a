"""A signed file reaches a real broker, a real TLS server, and a folder; and what stands in the way is told."""

import http.server
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agent.mqtt import Broker, MqttClient
from agent.submission.send import HttpsRules, SendError, put_file, send_by_https, send_by_mqtt
from tests.conftest import Authority, StartMosquitto, find_free_port, found_authority, until

FILE = b"header.document.signature" * 3000
TOPIC = "atsuen/submission/seto/marugame/2023"
QUICK = HttpsRules(connect_s=2, read_s=2, attempts=3, first_pause_s=0.01, longest_pause_s=1)

# The broker ---


def broker_at(port: int, client_id: str = "sender") -> Broker:
    return Broker("127.0.0.1", client_id, port, first_pause_s=0.02, longest_pause_s=0.1)


@pytest.mark.mosquitto
async def test_the_broker_keeps_it_for_whoever_comes_later(start_mosquitto: StartMosquitto) -> None:
    server = start_mosquitto()
    assert await send_by_mqtt(broker_at(server.port), TOPIC, FILE) is False
    async with MqttClient(broker_at(server.port, "association")) as client:
        received = await anext(client.subscribe("atsuen/submission/#"))
        assert (received.message.topic, received.message.payload) == (TOPIC, FILE)
        assert (received.message.retain, received.message.content_type) == (True, "application/jose")
        received.ack()
        assert await send_by_mqtt(broker_at(server.port), TOPIC, FILE + b"2") is True


@pytest.mark.mosquitto
async def test_a_broker_that_comes_back_in_time_gets_it(start_mosquitto: StartMosquitto, tmp_path: Path) -> None:
    server = start_mosquitto()
    server.stop()
    async with MqttClient(broker_at(server.port, "watcher")) as watcher:
        await until(lambda: watcher.last_error != "")
        server.start()
        assert await send_by_mqtt(broker_at(server.port), TOPIC, FILE, limit_s=30) is False


async def test_no_broker_is_told() -> None:
    with pytest.raises(SendError, match="refused"):
        await send_by_mqtt(broker_at(find_free_port()), TOPIC, FILE, limit_s=0.5)


@pytest.mark.mosquitto
async def test_a_broker_that_refuses_is_told(start_mosquitto: StartMosquitto, tmp_path: Path) -> None:
    (tmp_path / "acl").write_text("topic read #\n", encoding="utf-8")
    server = start_mosquitto(f"acl_file {tmp_path / 'acl'}")
    with pytest.raises(SendError, match="Not authorized"):
        await send_by_mqtt(broker_at(server.port), TOPIC, FILE)


# The web server ---


@dataclass
class Uploads:
    """A TLS server that answers with the given status codes, one an upload, the last one from then on."""

    port: int
    statuses: list[int] = field(default_factory=lambda: [201])
    headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = "受領しました\x1b[31m\n2023-r1".encode()
    received: list[tuple[str, str, bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/submissions"

    def next_status(self) -> int:
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


def handler_for(uploads: Uploads) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            uploads.received.append((self.path, self.headers["Content-Type"], body))
            self.send_response(uploads.next_status())
            for name, value in uploads.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(uploads.answer)))
            self.end_headers()
            self.wfile.write(uploads.answer)

        def log_message(self, *_: Any) -> None:
            """Not on the terminal."""

    return Handler


@pytest.fixture
def start_uploads(authority: Authority) -> Iterator[Callable[..., Uploads]]:
    stops: list[Callable[[], None]] = []

    def start(host: str = "127.0.0.1", **given: Any) -> Uploads:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.sign("server", host))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
        uploads = Uploads(server.server_address[1], **given)
        server.RequestHandlerClass = handler_for(uploads)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that hang up are the test
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        stops.extend([server.shutdown, server.server_close, thread.join])
        return uploads

    yield start
    for stop in stops:
        stop()


def test_an_upload_and_the_servers_answer(start_uploads: Callable[..., Uploads], authority: Authority) -> None:
    uploads = start_uploads()
    assert send_by_https(uploads.url, FILE, authority.file, QUICK) == "受領しました [31m 2023-r1"
    assert uploads.received == [("/submissions", "application/jose", FILE)]


def test_a_server_that_is_busy_is_asked_again(start_uploads: Callable[..., Uploads], authority: Authority) -> None:
    uploads = start_uploads(statuses=[503, 429, 201], headers={"Retry-After": "0"})
    assert send_by_https(uploads.url, FILE, authority.file, QUICK).startswith("受領")
    assert [body for _, _, body in uploads.received] == [FILE] * 3


def test_a_server_that_stays_busy_is_given_up(start_uploads: Callable[..., Uploads], authority: Authority) -> None:
    uploads = start_uploads(statuses=[503], answer=b"later")
    with pytest.raises(SendError, match="answers 503 Service Unavailable: later"):
        send_by_https(uploads.url, FILE, authority.file, QUICK)
    assert len(uploads.received) == QUICK.attempts


@pytest.mark.parametrize(
    ("status", "headers"), [(400, {}), (403, {}), (500, {}), (307, {"Location": "https://127.0.0.1:1/elsewhere"})]
)
def test_a_refusal_is_shown_and_not_repeated(
    start_uploads: Callable[..., Uploads], authority: Authority, status: int, headers: dict[str, str]
) -> None:
    uploads = start_uploads(statuses=[status], headers=headers, answer="改訂番号が古い".encode())
    with pytest.raises(SendError, match=f"answers {status} .*改訂番号が古い"):
        send_by_https(uploads.url, FILE, authority.file, QUICK)
    assert len(uploads.received) == 1


def test_a_certificate_that_does_not_hold(
    start_uploads: Callable[..., Uploads], authority: Authority, tmp_path: Path
) -> None:
    uploads = start_uploads()
    elsewhere = start_uploads(host="192.0.2.1")
    other = found_authority(tmp_path, "other")
    for url, ca_file in ((uploads.url, None), (uploads.url, other.file), (elsewhere.url, authority.file)):
        with pytest.raises(SendError, match="its certificate does not hold"):
            send_by_https(url, FILE, ca_file, QUICK)
    assert uploads.received == elsewhere.received == []


def test_no_server_and_no_address(tmp_path: Path) -> None:
    with pytest.raises(SendError, match="no connection: Connection refused"):
        send_by_https(f"https://127.0.0.1:{find_free_port()}", FILE, None, QUICK)
    with pytest.raises(SendError, match="is no https address"):
        send_by_https("http://127.0.0.1", FILE)
    with pytest.raises(SendError, match="cannot be read"):
        send_by_https("https://127.0.0.1", FILE, tmp_path / "none.crt")
    (tmp_path / "bad.crt").write_text("no certificate", encoding="utf-8")
    with pytest.raises(SendError, match="is no certificate of an authority"):
        send_by_https("https://127.0.0.1", FILE, tmp_path / "bad.crt")


# The folder ---


def test_a_file_is_written_whole_and_never_over_another(tmp_path: Path) -> None:
    path = tmp_path / "a.jws"
    put_file(FILE, path)
    put_file(FILE, path)
    with pytest.raises(SendError, match="is already there with other content"):
        put_file(FILE + b"x", path)
    assert path.read_bytes() == FILE
    assert [found.name for found in tmp_path.iterdir()] == ["a.jws"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SendError, match="No such file or directory"):
        put_file(FILE, tmp_path / "none" / "a.jws")
