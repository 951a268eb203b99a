"""Who may log in, with which role. Passwords are checked, throttled and remembered by the dashboard's gatekeeper."""

import os
import secrets
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from starlette.requests import HTTPConnection

from agent.association.inbox.service_file import WebTable
from agent.dashboard.auth import Gatekeeper, Session, hash_password
from agent.settings.dashboard_table import DashboardTable
from agent.settings.mistakes import Mistake, SettingsError

CREDENTIAL = "people"
_HINT = "write lines with `atsuen association password`: ROLE HASH NAME"


class Role(StrEnum):
    """What a person may do: a reader sees everything, an officer also answers, settles and publishes."""

    OFFICER = "officer"
    READER = "reader"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may log in. `password_hash` is argon2id."""

    name: str
    role: Role
    password_hash: str


def person_line(person: Person) -> str:
    """A person as a line of the file."""
    return f"{person.role.value} {person.password_hash} {person.name}"


def people_file(path: Path) -> Path:
    """The credential file of the service manager where there is one, else the folder's."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    given = Path(credentials) / CREDENTIAL if credentials else None
    return given if given is not None and given.exists() else path


def read_people(path: Path) -> tuple[Person, ...]:
    """The people of a file. Raises SettingsError: no file, lines that are none, names twice, others may read it."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        mode = path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([Mistake(path, 0, 0, f"cannot be read: {error}", _HINT)]) from None
    mistakes = []
    if mode & (stat.S_IRWXO | stat.S_IWGRP):
        mistakes.append(Mistake(path, 0, 0, "others than its owner may use this file", f"chmod 600 {path}"))
    people: dict[str, Person] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        person = _person(line)
        if person is None:
            mistakes.append(Mistake(path, number, 1, "is no person", _HINT))
        elif person.name in people:
            mistakes.append(Mistake(path, number, 1, f"{person.name} stands here a second time"))
        else:
            people[person.name] = person
    if not people and not mistakes:
        mistakes.append(Mistake(path, 0, 0, "names nobody", _HINT))
    if mistakes:
        raise SettingsError(mistakes)
    return tuple(people.values())


def _person(line: str) -> Person | None:
    role, _, rest = line.partition(" ")
    hashed, _, name = rest.partition(" ")
    if role not in set(Role) or not hashed.startswith("$argon2id$") or not name.strip() or not name.isprintable():
        return None
    return Person(" ".join(name.split()), Role(role), hashed)


class PeopleGate(Gatekeeper):
    """A gatekeeper for each person, so that guessing at one closes nobody else out. Nothing is read without logging in.

    A name that nobody has is checked against a password that nobody knows, which takes as long.
    """

    def __init__(self, web: WebTable, people: Mapping[str, Person], steady_s: Callable[[], float]) -> None:
        super().__init__(_table(web, hash_password(secrets.token_urlsafe(32))), steady_s)
        self._people = people
        self._gates = {name: Gatekeeper(_table(web, person.password_hash), steady_s) for name, person in people.items()}

    @property
    def reading_is_free(self) -> bool:
        """Never."""
        return False

    def who(self, connection: HTTPConnection) -> Session | None:
        """The session of a request; None for one without."""
        sessions = (gate.who(connection) for gate in self._gates.values())
        return next((session for session in sessions if session is not None), None)

    async def log_in(self, person: str, password: str) -> str | None:
        """The token of a new session; None for a wrong name or password. Raises TooManyTries."""
        name = " ".join(person.split())
        gate = self._gates.get(name)
        return await (super().log_in(name, password) if gate is None else gate.log_in(name, password))

    def log_out(self, token: str) -> None:
        """End a session."""
        for gate in self._gates.values():
            gate.log_out(token)

    def role(self, session: Session) -> Role:
        """What the person of a session may do."""
        return self._people[session.person].role


def _table(web: WebTable, password_hash: str) -> DashboardTable:
    return DashboardTable.model_validate(
        {
            "host": web.host,
            "port": web.port,
            "certificate_file": web.certificate_file,
            "key_file": web.key_file,
            "names": web.names,
            "language": web.language,
            "password_hash": password_hash,
        }
    )
