"""InfluxDB 2's write endpoint as its documentation gives it, for the paths that no database at hand has."""

import contextlib
import http.server
import json
import re
import threading
import time
import urllib.parse
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

NAME = r"(?:[^,= \\\n]|\\.)+"
VALUE = r'(?:[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?\d+i|"(?:[^"\\]|\\.)*"|[tTfF]|true|false)'
LINE = re.compile(
    rf"(?P<series>{NAME}(?:,{NAME}={NAME})*) (?P<fields>{NAME}={VALUE}(?:,{NAME}={VALUE})*) (?P<time>-?\d+)"
)


@dataclass(frozen=True)
class Answer:
    """An answer that the test wants instead of the server's own."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0


class StrictInflux:
    """InfluxDB 2's `/api/v2/write` as its documentation gives it, and nothing else.

    Sources: docs.influxdata.com, "Troubleshoot issues writing data" (400: nothing is written, the first malformed line
    is named; 422: rejected points are dropped, the others written); the text of the 422 as version 2.7.11 sends it.
    """

    org, bucket, token = "mill", "energy", "secret-token"

    def __init__(self) -> None:
        self.points: dict[tuple[str, int], str] = {}
        self.request_times_s: list[float] = []
        self.line_counts: list[int] = []
        self.answers: deque[Answer] = deque()
        self.largest_body = 1_000_000
        self._is_text: dict[str, bool] = {}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = outer.answer(self.path, self.headers["Authorization"], body)
                time.sleep(answer.delay_s)
                with contextlib.suppress(ConnectionError):  # the client no longer waits for the answer
                    self.send_response(answer.status)
                    for name, value in answer.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(answer.body.encode())))
                    self.end_headers()
                    self.wfile.write(answer.body.encode())

            def log_message(self, *_: object) -> None: ...

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, path: str, authorization: str | None, body: bytes) -> Answer:
        self.request_times_s.append(time.monotonic())
        if self.answers:
            return self.answers.popleft()
        url = urllib.parse.urlsplit(path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if url.path != "/api/v2/write":
            return error(404, "not found", "path not found")
        if authorization != f"Token {self.token}":
            return error(401, "unauthorized", "unauthorized access")
        if query.get("org") != self.org or query.get("bucket") != self.bucket:
            return error(404, "not found", f'bucket "{query.get("bucket")}" not found')
        if query.get("precision") != "ms":
            return error(400, "invalid", f"invalid precision {query.get('precision')}")
        if len(body) > self.largest_body:
            return error(413, "request too large", "cannot read data: points batch is too large")
        return self._store(body.decode().splitlines())

    def _store(self, lines: list[str]) -> Answer:
        self.line_counts.append(len(lines))
        parsed = [(line, LINE.fullmatch(line)) for line in lines]
        for line, match in parsed:
            if match is None:
                return error(400, "invalid", f"unable to parse '{line}': invalid field format")
        conflicts = [line for line, match in parsed if match is not None and not self._keep(match)]
        if conflicts:
            reason = "field type conflict: input field is type string, already exists as type float"
            text = f"failure writing points to database: partial write: {reason} dropped={len(conflicts)}"
            return error(422, "unprocessable entity", text)
        return Answer(204)

    def _keep(self, match: re.Match[str]) -> bool:
        series, fields = match["series"], match["fields"]
        key, is_text = f"{series.split(',')[0]} {fields.split('=')[0]}", fields.endswith('"')
        if self._is_text.setdefault(key, is_text) != is_text:
            return False
        self.points[series, int(match["time"])] = fields
        return True


def error(status: int, code: str, message: str) -> Answer:
    return Answer(status, json.dumps({"code": code, "message": message}), {"Content-Type": "application/json"})
