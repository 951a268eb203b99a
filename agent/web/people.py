"""The file of people who may log in, a line for each: ROLE HASH NAME. Read again when it has changed.

Which roles there are is for each program to say.
"""

import os
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import structlog

from agent.settings.mistakes import Mistake, SettingsError
from agent.texts.sentences import say

log = structlog.get_logger(__name__)

CREDENTIAL = "people"
_MOST_NAME = 100
_NOBODY: Mapping[str, "Person"] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may log in. `password_hash` is argon2id."""

    name: str
    role: str
    password_hash: str


def tidy_name(text: str) -> str:
    """A name without superfluous white space; empty for what can be none."""
    name = " ".join(text.split())
    return name if name.isprintable() and len(name) <= _MOST_NAME else ""


def person_line(person: Person) -> str:
    """A person as a line of the file."""
    return f"{person.role} {person.password_hash} {person.name}"


def people_path(path: Path) -> Path:
    """The credential file of the service manager where there is one, else the folder's."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    given = Path(credentials) / CREDENTIAL if credentials else None
    return given if given is not None and given.exists() else path


def read_people(path: Path, roles: Collection[str]) -> tuple[Person, ...]:
    """The people of a file. Raises SettingsError: no file, lines that are none, names twice, others may use it."""
    hint = say("person_line", roles=" or ".join(roles))
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        mode = path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([Mistake(path, 0, 0, say("unreadable", said=error), hint)]) from None
    mistakes = []
    if mode & (stat.S_IRWXO | stat.S_IWGRP):
        mistakes.append(Mistake(path, 0, 0, say("open_to_others"), say("chmod", path=path)))
    people: dict[str, Person] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        person = _person(line, roles)
        if person is None:
            mistakes.append(Mistake(path, number, 1, say("no_person"), hint))
        elif person.name in people:
            mistakes.append(Mistake(path, number, 1, say("person_twice", name=person.name)))
        else:
            people[person.name] = person
    if not people and not mistakes:
        mistakes.append(Mistake(path, 0, 0, say("nobody"), hint))
    if mistakes:
        raise SettingsError(mistakes)
    return tuple(people.values())


def _person(line: str, roles: Collection[str]) -> Person | None:
    role, _, rest = line.partition(" ")
    hashed, _, written = rest.partition(" ")
    name = tidy_name(written)
    if role not in set(roles) or not hashed.startswith("$argon2id$") or not name:
        return None
    return Person(name, role, hashed)


class PeopleFile:
    """The people as the file has them now. While it has a mistake it names nobody, and the log says why.

    Without `is_needed` it may be absent, and then names nobody either.
    """

    def __init__(self, path: Path, roles: Collection[str], *, is_needed: bool) -> None:
        self._path = path
        self._roles = roles
        self._is_needed = is_needed
        self._seen: tuple[int, ...] | None = None
        self._people = _NOBODY
        self._problem = ""

    def check(self) -> None:
        """Raises SettingsError with all that is wrong with the file."""
        if self._is_needed or self._path.exists():
            read_people(self._path, self._roles)

    @property
    def problem(self) -> str:
        """What is wrong with the file; empty for nothing."""
        self.by_name()
        return self._problem

    def by_name(self) -> Mapping[str, Person]:
        """The people by name."""
        seen = self._signature()
        if seen != self._seen:
            self._seen = seen
            self._read(is_there=bool(seen))
        return self._people

    def _signature(self) -> tuple[int, ...]:
        """What tells one state of the file from another; empty where it is absent."""
        try:
            found = self._path.stat()
        except OSError:
            return ()
        return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino

    def _read(self, *, is_there: bool) -> None:
        self._people, self._problem = _NOBODY, ""
        if not (is_there or self._is_needed):
            return
        try:
            self._people = {person.name: person for person in read_people(self._path, self._roles)}
        except SettingsError as error:
            self._problem = str(error)
            log.error("people_not_read", problem=self._problem)
        else:
            log.info("people_read", count=len(self._people))
