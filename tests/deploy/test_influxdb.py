"""The set-up of InfluxDB, run as a person runs it, against a server that knows only the documented requests for it."""

import http.server
import itertools
import json
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "influxdb" / "set_up_bucket.py"
ORG_ID, OPERATOR = "00000000000000aa", "operator-token"

Json = dict[str, object]


@dataclass
class Influx:
    """Organisations, buckets and authorizations of InfluxDB's API v2 (its OpenAPI description, contracts/oss.yml).

    As version 2.9 does by default, it shows a token only in the answer that makes it.
    """

    buckets: dict[str, Json] = field(default_factory=dict)
    authorizations: dict[str, Json] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    url: str = ""

    def answer(self, method: str, path: str, query: dict[str, str], body: Json) -> tuple[int, Json]:
        match method, path.removeprefix("/api/v2/").split("/"):
            case "GET", ["orgs"]:
                found = [{"id": ORG_ID, "name": "mill"}] if query.get("org") == "mill" else []
                return (200, {"orgs": found}) if found else (404, error("not found", "organization name not found"))
            case "GET", ["buckets"] if query["orgID"] == ORG_ID:
                named = [bucket for bucket in self.buckets.values() if bucket["name"] == query["name"]]
                return 200, {"buckets": named}
            case "POST", ["buckets"] if body["orgID"] == ORG_ID:
                bucket = {**body, "id": f"{next(self.ids):016x}"}
                self.buckets[str(bucket["id"])] = bucket
                return 201, bucket
            case "GET", ["authorizations"] if query == {"orgID": ORG_ID}:
                return 200, {"authorizations": list(self.authorizations.values())}
            case "POST", ["authorizations"] if body["orgID"] == ORG_ID:
                made = {**body, "id": f"{next(self.ids):016x}"}
                self.authorizations[str(made["id"])] = made
                self.tokens[str(made["id"])] = f"token-{made['id']}"
                return 201, {**made, "token": self.tokens[str(made["id"])]}
            case "DELETE", ["authorizations", identity] if self.authorizations.pop(identity, None):
                return 204, {}
        return 404, error("not found", f"no {method} {path} {query} {body}")


def error(code: str, message: str) -> Json:
    return {"code": code, "message": message}


@pytest.fixture
def influx() -> Iterator[Influx]:
    model = Influx()

    class Handler(http.server.BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            url = urllib.parse.urlsplit(self.path)
            status, answer = 401, error("unauthorized", "unauthorized access")
            if self.headers["Authorization"] == f"Token {OPERATOR}":
                query = dict(urllib.parse.parse_qsl(url.query))
                status, answer = model.answer(self.command, url.path, query, body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode() if status != 204 else b"")

        do_GET = do_POST = do_DELETE = handle_any  # noqa: N815 - the names that http.server asks for

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        model.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield model
        server.shutdown()
        thread.join()


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    error: str


def set_up(influx: Influx, folder: Path, *more: str, org: str = "mill", operator: str = OPERATOR) -> Run:
    token_file = folder / "operator"
    token_file.write_text(f"{operator}\n", encoding="utf-8")
    (folder / "tokens").mkdir(exist_ok=True)
    arguments = ["--url", influx.url, "--org", org, "--operator-token-file", token_file, "--tokens", folder / "tokens"]
    command = [sys.executable, "-W", "error", str(SCRIPT), *map(str, arguments), *more]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return Run(result.returncode, result.stdout, result.stderr)


def secrets(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8").strip() for path in (folder / "tokens").iterdir()}


def permissions(influx: Influx) -> dict[object, object]:
    return {made["description"]: made["permissions"] for made in influx.authorizations.values()}


def test_it_makes_a_bucket_and_two_tokens_that_may_do_one_thing_each(influx: Influx, tmp_path: Path) -> None:
    run = set_up(influx, tmp_path)
    assert run.code == 0, run.error
    ((bucket_id, bucket),) = influx.buckets.items()
    assert (bucket["name"], bucket["retentionRules"]) == ("atsuen", [{"type": "expire", "everySeconds": 0}])
    resource = {"type": "buckets", "id": bucket_id, "orgID": ORG_ID}
    assert permissions(influx) == {
        "atsuen bridge: write atsuen": [{"action": "write", "resource": resource}],
        "atsuen grafana: read atsuen": [{"action": "read", "resource": resource}],
    }
    assert sorted(secrets(tmp_path)) == ["atsuen-bridge.influx__token", "grafana.influx__token"]
    assert set(secrets(tmp_path).values()) == set(influx.tokens.values())
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "tokens").iterdir()} == {0o600}
    assert not any(token in run.out for token in influx.tokens.values()), "no token is printed"


def test_a_second_run_changes_nothing(influx: Influx, tmp_path: Path) -> None:
    set_up(influx, tmp_path)
    before = (dict(influx.buckets), dict(influx.authorizations), secrets(tmp_path))
    run = set_up(influx, tmp_path)
    assert run.code == 0, run.error
    assert (influx.buckets, influx.authorizations, secrets(tmp_path)) == before
    assert run.out.count("there") == 3


def test_renew_makes_new_tokens_and_revokes_the_old(influx: Influx, tmp_path: Path) -> None:
    set_up(influx, tmp_path)
    before = set(influx.authorizations)
    assert set_up(influx, tmp_path, "--renew").code == 0
    assert len(influx.authorizations) == 2
    assert before.isdisjoint(influx.authorizations)
    assert set(secrets(tmp_path).values()) == {influx.tokens[identity] for identity in influx.authorizations}


def test_a_lost_token_file_is_explained(influx: Influx, tmp_path: Path) -> None:
    set_up(influx, tmp_path)
    (tmp_path / "tokens" / "grafana.influx__token").unlink()
    run = set_up(influx, tmp_path)
    assert run.code == 1
    assert "'atsuen grafana: read atsuen' was made earlier" in run.error
    assert "make a new one with --renew" in run.error


def test_the_retention_of_a_bucket_is_set_once_and_never_changed(influx: Influx, tmp_path: Path) -> None:
    assert set_up(influx, tmp_path, "--retention-days", "400").code == 0
    (bucket,) = influx.buckets.values()
    assert bucket["retentionRules"] == [{"type": "expire", "everySeconds": 400 * 86_400}]
    assert set_up(influx, tmp_path, "--retention-days", "400").code == 0
    run = set_up(influx, tmp_path, "--retention-days", "30")
    assert run.code == 1
    assert "keeps lines for 400 days, not 30" in run.error
    assert list(influx.buckets.values()) == [bucket]


def test_a_wrong_operator_token_an_unknown_organisation_and_no_server_are_explained(
    influx: Influx, tmp_path: Path, free_port: int
) -> None:
    run = set_up(influx, tmp_path, operator="wrong")
    assert (run.code, run.error) == (1, f"not done: {influx.url} answers 401: unauthorized access\n")
    run = set_up(influx, tmp_path, org="other")
    assert (run.code, run.error) == (1, f"not done: {influx.url} answers 404: organization name not found\n")
    influx.url = f"http://127.0.0.1:{free_port}"
    run = set_up(influx, tmp_path)
    assert run.code == 1
    assert run.error.startswith(f"not done: {influx.url} does not answer: ")
    assert influx.authorizations == {}
