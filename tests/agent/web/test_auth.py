"""People log in and are put out again: by time, by the file, by guessing. The clock is the test's own."""

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.requests import HTTPConnection
from structlog.testing import capture_logs

from agent.web.access import Access
from agent.web.auth import IDLE_SESSION_S, LONGEST_SESSION_S, Gatekeeper, Session, TooManyTries, network_of
from agent.web.passwords import hash_password
from agent.web.people import PeopleFile, Person, person_line

PASSWORD, OTHER = "correct horse battery staple", "another long password"
HASH, OTHER_HASH = hash_password(PASSWORD), hash_password(OTHER)
ROLES = ("manager", "reader")
SATO, SUZUKI = Person("佐藤", "manager", HASH), Person("鈴木", "reader", HASH)
OFFICE, HOME = "192.0.2.7", "198.51.100.2"


class Watch:
    """A steady clock that the test sets."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(name="watch")
def fixture_watch() -> Watch:
    return Watch()


Write = Callable[..., None]


@pytest.fixture(name="write")
def fixture_write(tmp_path: Path) -> Write:
    def write(*people: Person) -> None:
        path = tmp_path / "people"
        path.write_text("".join(f"{person_line(person)}\n" for person in people), encoding="utf-8")
        path.chmod(0o600)

    write(SATO, SUZUKI)
    return write


@pytest.fixture(name="gate")
def fixture_gate(tmp_path: Path, watch: Watch, write: Write) -> Gatekeeper:
    access = Access(host="0.0.0.0", is_loopback=False, cookie="session")
    return Gatekeeper(access, PeopleFile(tmp_path / "people", ROLES, is_needed=True), watch)


def asked(token: str | None) -> HTTPConnection:
    return HTTPConnection({"type": "http", "headers": [(b"cookie", f"session={token}".encode())]})


async def come_in(gate: Gatekeeper, name: str = "佐藤", password: str = PASSWORD) -> str:
    token = await gate.log_in(name, password, OFFICE)
    assert token is not None
    return token


async def test_a_session_has_person_and_role(gate: Gatekeeper) -> None:
    token = await come_in(gate, " 佐藤　")
    session = gate.who(asked(token))
    assert session == Session("佐藤", "manager", session.csrf if session else "")
    assert gate.who(asked(token + "x")) is None
    gate.log_out(token)
    assert gate.who(asked(token)) is None


@pytest.mark.parametrize(
    ("name", "password"),
    [("佐藤", OTHER), ("田中", PASSWORD), ("", PASSWORD), ("佐藤", ""), ("佐藤", PASSWORD * 50), ("佐藤\0", PASSWORD)],
)
async def test_who_does_not_come_in(gate: Gatekeeper, name: str, password: str) -> None:
    assert await gate.log_in(name, password, OFFICE) is None


async def test_a_session_ends_when_it_is_not_used(gate: Gatekeeper, watch: Watch) -> None:
    token = await come_in(gate)
    for _ in range(3):
        watch.now_s += IDLE_SESSION_S
        assert gate.who(asked(token)) is not None
    watch.now_s += IDLE_SESSION_S + 1
    assert gate.who(asked(token)) is None


async def test_a_session_ends_after_its_longest_time_though_it_is_used(gate: Gatekeeper, watch: Watch) -> None:
    token, end_s = await come_in(gate), watch.now_s + LONGEST_SESSION_S
    while watch.now_s + 3600 <= end_s:
        watch.now_s += 3600
        assert gate.who(asked(token)) is not None
    watch.now_s = end_s + 1
    assert gate.who(asked(token)) is None


async def test_what_changes_in_the_file_holds_at_once(gate: Gatekeeper, write: Write) -> None:
    sato, suzuki = await come_in(gate), await come_in(gate, "鈴木")
    write(SATO, Person("鈴木", "manager", HASH), Person("田中", "reader", OTHER_HASH))
    session = gate.who(asked(suzuki))
    assert (session.role if session else "") == "manager"
    assert await gate.log_in("田中", OTHER, OFFICE) is not None
    write(Person("佐藤", "manager", OTHER_HASH), SUZUKI)
    assert gate.who(asked(sato)) is None, "the password is another"
    write(SATO)
    assert gate.who(asked(suzuki)) is None
    write(SATO, SUZUKI)
    assert (gate.who(asked(sato)), gate.who(asked(suzuki))) == (None, None), "ended is ended"


async def test_a_mistake_in_the_file_lets_nobody_in_until_it_is_mended(
    gate: Gatekeeper, write: Write, tmp_path: Path
) -> None:
    token = await come_in(gate)
    (tmp_path / "people").chmod(0o644)
    assert "chmod 600" in gate.problem
    assert gate.who(asked(token)) is None
    assert await gate.log_in("佐藤", PASSWORD, OFFICE) is None
    write(SATO, SUZUKI)
    assert (gate.problem, gate.who(asked(token)) is not None) == ("", True)


async def test_guessing_at_a_person_closes_that_person_alone_for_longer_and_longer(
    gate: Gatekeeper, watch: Watch
) -> None:
    for _ in range(5):
        assert await gate.log_in("佐藤", "guess", OFFICE) is None
    for pause_s in (5, 10, 20, 40, 80, 160, 300, 300):
        with pytest.raises(TooManyTries) as raised:
            await gate.log_in("佐藤", PASSWORD, HOME)
        assert raised.value.wait_s == pause_s
        await come_in(gate, "鈴木")
        watch.now_s += pause_s
        assert await gate.log_in("佐藤", "guess", OFFICE) is None
    watch.now_s += 300
    await come_in(gate)
    assert await gate.log_in("佐藤", "guess", OFFICE) is None, "the right password makes the failures forgotten"


async def test_guessing_at_many_names_closes_the_address(gate: Gatekeeper) -> None:
    for number in range(20):
        assert await gate.log_in(f"name {number}", "guess", "2001:db8::1") is None
    with pytest.raises(TooManyTries):
        await gate.log_in("佐藤", PASSWORD, "2001:db8::2")  # of the same network
    assert await gate.log_in("佐藤", PASSWORD, OFFICE) is not None


async def test_failures_of_an_hour_ago_are_forgotten(gate: Gatekeeper, watch: Watch) -> None:
    for _ in range(4):
        await gate.log_in("佐藤", "guess", OFFICE)
    watch.now_s += 3601
    for _ in range(4):
        assert await gate.log_in("佐藤", "guess", OFFICE) is None
    await come_in(gate)


async def test_a_failure_is_logged_with_its_address_and_without_what_was_typed(gate: Gatekeeper) -> None:
    with capture_logs() as logs:
        await gate.log_in("佐藤", "secret guess", OFFICE)
        await gate.log_in(PASSWORD, "x", HOME)  # a password in the wrong field
    failed = [entry for entry in logs if entry["event"] == "log_in_failed"]
    assert [(entry["address"], entry["person"]) for entry in failed] == [(OFFICE, "佐藤"), (HOME, None)]
    assert "secret guess" not in str(logs)
    assert PASSWORD not in str(logs)


@pytest.fixture(name="behind_a_proxy")
def fixture_behind_a_proxy(tmp_path: Path, watch: Watch, write: Write) -> Gatekeeper:
    access = Access(
        host="127.0.0.1",
        is_loopback=True,
        cookie="session",
        proxy_header="X-Remote-User",
        proxy_addresses=("192.0.2.1",),
        proxy_role="reader",
    )
    return Gatekeeper(access, PeopleFile(tmp_path / "people", ROLES, is_needed=False), watch)


@pytest.mark.parametrize(
    ("header", "address", "found"),
    [
        ("佐藤".encode(), "192.0.2.1", ("佐藤", "manager")),
        (b"tanaka@mill.example", "192.0.2.1", ("tanaka@mill.example", "reader")),
        (b"tanaka@mill.example", "192.0.2.2", None),
        (b"\xff", "192.0.2.1", None),
        (b"", "192.0.2.1", None),
        (b"x" * 101, "192.0.2.1", None),
    ],
)
def test_whom_the_proxy_names(
    behind_a_proxy: Gatekeeper, header: bytes, address: str, found: tuple[str, str] | None
) -> None:
    scope = {"type": "http", "headers": [(b"x-remote-user", header)], "client": (address, 1)}
    session = behind_a_proxy.who(HTTPConnection(scope))
    assert (None if session is None else (session.person, session.role)) == found


def test_networks() -> None:
    assert network_of("192.0.2.7") == "192.0.2.7"
    assert network_of("2001:db8:1:2:3::4") == "2001:db8:1:2::/64"
    assert network_of("") == ""
