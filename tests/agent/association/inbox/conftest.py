"""An association of two companies with three sites, their keys, and documents whose figures were worked out by hand."""

import copy
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.association.inbox.judge import Claim
from agent.association.inbox.office import Office
from agent.association.inbox.parcel import Channel, Parcel, Receipt
from agent.association.inbox.service import load_service
from agent.association.inbox.store import Store
from agent.association.web.people import Role
from agent.submission.document import Submission
from agent.submission.sign import PrivateKey, new_key, sign
from agent.web.passwords import hash_password
from agent.web.people import Person, person_line
from tests.agent.conftest import leave_out
from tests.agent.submission.conftest import SMALL, text_of
from tests.conftest import find_free_port
from tests.postgresql import HOW_TO_INSTALL, OwnPostgresql, find_postgresql

ASSOCIATION = """
[association]
id = "rolling"
name_ja = "圧延協会"
name_en = "Rolling Association"
form = "aluminium-rolling"
[plan]
base_year = 2013
target_year = 2030
[plan.base]
co2_10kt = "146"
[plan.target]
co2_10kt = "100"
[uniform_factors]
scheme = "association"
electricity_end = "receiving"
"""
SITES = (("seto", "marugame"), ("seto", "sakaide"), ("kinki", "osaka"))
SERVICE = """
[[year]]
fiscal_year = 2022
deadline = 2023-07-31
[[year]]
fiscal_year = 2023
deadline = 2024-07-31
"""
JULY_1_2024 = 1_719_759_600
"""2024-07-01 00:00 in Japan: one month before the deadline (date -d '2024-07-01 00:00 JST' +%s)."""
DAY_S = 86_400


@dataclass
class Clock:
    """A wall clock that a test sets."""

    now_s: int = JULY_1_2024

    def __call__(self) -> int:
        return self.now_s


@dataclass
class House:
    """The association's folder, the private keys of its members, and what they send."""

    folder: Path
    keys: dict[tuple[str, str], PrivateKey] = field(default_factory=dict)

    def document(self, company: str = "seto", site: str = "marugame", **changes: Any) -> dict[str, Any]:
        """The small document as another site's, year's or revision's."""
        year = changes.get("fiscal_year", 2023)
        moved = {} if year == 2023 else {"assertions": [], "approval": {"person": "高松", "day": f"{year + 1}-06-14"}}
        made = copy.deepcopy(SMALL) | moved | changes
        return made | {"participant": {"company": company, "site": site, "name_ja": "", "name_en": ""}}

    def signed(self, document: dict[str, Any], key: PrivateKey | None = None) -> bytes:
        """A document signed with its site's key, or another."""
        who = document["participant"]
        return sign(text_of(document), key or self.keys[who["company"], who["site"]])

    def file(self, company: str = "seto", site: str = "marugame", **changes: Any) -> bytes:
        """A signed document."""
        return self.signed(self.document(company, site, **changes))

    def make_key(self, company: str, site: str) -> None:
        """A new key for a site; the roster has it once the settings are written."""
        key = self.keys[company, site] = new_key()
        (self.folder / "keys" / f"{company}-{site}.jwk").write_text(json.dumps(key.public.jwk), encoding="ascii")

    def write_settings(self, extra: str = "", service: str = SERVICE) -> None:
        text = ASSOCIATION
        for company in dict.fromkeys(name for name, _ in SITES):
            text += f'[[company]]\nid = "{company}"\nname_ja = "{company}社"\nrole = "participant"\n'
            for owner, site in SITES:
                if owner == company:
                    text += f'[[company.site]]\nid = "{site}"\nname_ja = "{site}工場"\n'
                    text += f'[[company.site.key]]\nthumbprint = "{self.keys[owner, site].public.kid}"\n'
                    text += "from_fiscal_year = 2022\nto_fiscal_year = 2024\n"
        (self.folder / "association.toml").write_text(text + extra, encoding="utf-8")
        (self.folder / "history.toml").write_text("", encoding="utf-8")
        (self.folder / "service.toml").write_text(service, encoding="utf-8")


@pytest.fixture(name="house")
def fixture_house(tmp_path: Path) -> House:
    house = House(tmp_path / "association")
    (house.folder / "keys").mkdir(parents=True)
    for company, site in SITES:
        house.make_key(company, site)
    house.write_settings()
    return house


@pytest.fixture(name="clock")
def fixture_clock() -> Clock:
    return Clock()


OpenOffice = Callable[[], Office]


@pytest.fixture(name="open_office")
def fixture_open_office(house: House, clock: Clock) -> Iterator[OpenOffice]:
    """Opens an office over the folder as it is now; all are closed at the end."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(Office(load_service(house.folder), clock))


@pytest.fixture(name="office")
def fixture_office(open_office: OpenOffice) -> Office:
    return open_office()


@pytest.fixture(scope="session", name="postgresql")
def fixture_postgresql() -> Iterator[OwnPostgresql]:
    """A PostgreSQL server that the tests share."""
    programs = find_postgresql()
    if programs is None:
        leave_out(HOW_TO_INSTALL)
    with OwnPostgresql(programs, is_synced=False) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"], name="url")
def fixture_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'submissions.sqlite3'}"
    server: OwnPostgresql = request.getfixturevalue("postgresql")
    return server.new_database()


Take = Callable[..., Receipt]


def parcel(data: bytes, origin: str = "test", claim: Claim | None = None) -> Parcel:
    return Parcel(data, len(data), Channel.COMMAND, origin, claim)


def documents_in_force(store: Store, fiscal_year: int) -> list[tuple[Submission, str]]:
    """The documents in force of a year, each with its digest."""
    return list(store.documents(store.digests_in_force(fiscal_year)))


def kinds(receipt: Receipt) -> list[str]:
    return [reason.kind.value for reason in receipt.reasons]


# The service as a program ---

PASSWORD = "correct horse battery staple"
HASH = hash_password(PASSWORD)
PEOPLE = (Person("担当者 A", Role.OFFICER, HASH), Person("reader-1", Role.READER, HASH))

PROGRAM = """
import sys
from argparse import Namespace
from pathlib import Path
from agent.cli.association_commands import COMMANDS
sys.exit(COMMANDS["serve"](Namespace(folder=Path(sys.argv[1]), lang="en", json=False)))
"""
LIMIT_S = 30.0


@dataclass(frozen=True)
class Running:
    """A service and where it serves."""

    process: subprocess.Popen[bytes]
    port: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


Start = Callable[[], Running]


@pytest.fixture(name="start")
def fixture_start(house: House) -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def start() -> Running:
        """Start a service on a port of its own."""
        port = str(find_free_port())
        environment = os.environ | {"ATSUEN_ASSOCIATION_WEB__PORT": port, "PYTHONPATH": os.getcwd()}
        command = [sys.executable, "-c", PROGRAM, str(house.folder)]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        started.append(process)
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/login") or process.poll() is not None)
        assert process.poll() is None
        return Running(process, port)

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def set_up(house: House, mqtt_port: int) -> Path:
    """Settings with all ways in; gives the watched folder."""
    ways = f"[mqtt]\nport = {mqtt_port}\n[folder]\npath = 'incoming'\nevery_s = 0.1\n"
    house.write_settings(service=SERVICE + ways)
    (house.folder / "people").write_text("\n".join(map(person_line, PEOPLE)), encoding="utf-8")
    (house.folder / "people").chmod(0o600)
    (house.folder / "incoming").mkdir()
    return house.folder / "incoming"
