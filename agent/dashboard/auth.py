"""Who is asking: a person with the site's password, or one whom a trusted reverse proxy names.

The one importer of argon2. Sessions live in memory: a restart logs everybody out.
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from starlette.requests import HTTPConnection

from agent.settings.dashboard_table import DashboardTable

COOKIE = "atsuen_session"
SESSION_S = 12 * 3600.0
_MOST_SESSIONS = 200
_FREE_TRIES = 5
_FIRST_PAUSE_S = 5.0
_LONGEST_PAUSE_S = 300.0
_MOST_PASSWORD = 1000
_MOST_NAME = 100


def hash_password(password: str) -> str:
    """An argon2id hash of a password, for the site's credentials."""
    return PasswordHasher().hash(password)


@dataclass(frozen=True, slots=True)
class Session:
    """A person who logged in. `csrf` stands in every form that they send."""

    person: str
    csrf: str
    until_s: float


class TooManyTries(Exception):  # noqa: N818 - says what happened
    """Somebody guesses passwords: nothing is checked for `wait_s` seconds."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"wait {wait_s:.0f} s")
        self.wait_s = wait_s


class Gatekeeper:
    """Checks passwords, keeps sessions, and believes the proxy it was told of."""

    def __init__(self, table: DashboardTable, steady_s: Callable[[], float]) -> None:
        self.table = table
        self._steady_s = steady_s
        self._hasher = PasswordHasher()
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._failures = 0
        self._closed_until_s = 0.0
        self._one = asyncio.Lock()
        self._proxies = {ip_address(address) for address in table.proxy_addresses}
        self._of_proxy: OrderedDict[str, Session] = OrderedDict()

    @property
    def reading_is_free(self) -> bool:
        """Whether the pages may be read without logging in: on this machine alone."""
        return self.table.is_loopback and self.table.proxy_header is None

    @property
    def can_log_in(self) -> bool:
        """Whether there is a password to log in with."""
        return self.table.password_hash is not None

    def who(self, connection: HTTPConnection) -> Session | None:
        """The session of a request; None for one without."""
        if self.table.proxy_header is not None and self._is_proxy(connection):
            person = connection.headers.get(self.table.proxy_header, "").strip()
            if person and len(person) <= _MOST_NAME and person.isprintable():
                return self._proxy_session(person)
        token = connection.cookies.get(COOKIE, "")
        session = self._sessions.get(token)
        if session is None or session.until_s < self._steady_s():
            self._sessions.pop(token, None)
            return None
        return session

    async def log_in(self, person: str, password: str) -> str | None:
        """The token of a new session; None for a wrong password. Raises TooManyTries."""
        name = " ".join(person.split())
        async with self._one:  # one guess at a time: hashing is made to be slow
            wait_s = self._closed_until_s - self._steady_s()
            if wait_s > 0:
                raise TooManyTries(wait_s)
            if not name or len(name) > _MOST_NAME or not name.isprintable() or not await self._is_right(password):
                self._fail()
                return None
            self._failures = 0
        token = secrets.token_urlsafe(32)
        self._sessions[token] = Session(name, secrets.token_urlsafe(32), self._steady_s() + SESSION_S)
        while len(self._sessions) > _MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return token

    def log_out(self, token: str) -> None:
        """End a session."""
        self._sessions.pop(token, None)

    async def _is_right(self, password: str) -> bool:
        stored = self.table.password_hash
        if stored is None or len(password) > _MOST_PASSWORD:
            return False
        try:
            return await asyncio.to_thread(self._hasher.verify, stored.get_secret_value(), password)
        except (Argon2Error, InvalidHashError):
            return False

    def _fail(self) -> None:
        self._failures += 1
        if self._failures >= _FREE_TRIES:
            pause_s = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** min(10, self._failures - _FREE_TRIES))
            self._closed_until_s = self._steady_s() + pause_s

    def _is_proxy(self, connection: HTTPConnection) -> bool:
        try:
            return connection.client is not None and ip_address(connection.client.host) in self._proxies
        except ValueError:
            return False

    def _proxy_session(self, person: str) -> Session:
        """A person whom the proxy names has one CSRF token as long as the program runs."""
        if person not in self._of_proxy:
            self._of_proxy[person] = Session(person, secrets.token_urlsafe(32), float("inf"))
            while len(self._of_proxy) > _MOST_SESSIONS:
                self._of_proxy.popitem(last=False)
        return self._of_proxy[person]
