"""Who is asking: a person of the file who logged in, or one whom a trusted reverse proxy names.

Sessions live in memory: a restart logs everybody out.
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

import structlog
from starlette.requests import HTTPConnection

from agent.web.access import Access
from agent.web.passwords import is_password
from agent.web.people import PeopleFile, Person, tidy_name
from agent.web.throttle import Throttle

log = structlog.get_logger(__name__)

LONGEST_SESSION_S = 12 * 3600.0
IDLE_SESSION_S = 2 * 3600.0
_MOST_SESSIONS = 200
_TRIES_OF_A_PERSON = 5
_TRIES_OF_AN_ADDRESS = 20
"""More than a person's: people of one office may come from one address."""


@dataclass(frozen=True, slots=True)
class Session:
    """A person who came in, as the file has them now. `csrf` stands in every form that they send."""

    person: str
    role: str
    csrf: str


@dataclass(slots=True)
class _LoggedIn:
    """Somebody who logged in: with which password, and when."""

    person: Person
    csrf: str
    since_s: float
    used_s: float


class TooManyTries(Exception):  # noqa: N818 - says what happened
    """Somebody guesses passwords: nothing is checked for `wait_s` seconds."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"wait {wait_s:.0f} s")
        self.wait_s = wait_s


class Gatekeeper:
    """Checks passwords, keeps sessions, and believes the proxy it was told of."""

    def __init__(self, access: Access, people: PeopleFile, steady_s: Callable[[], float]) -> None:
        self.access = access
        self._people = people
        self._steady_s = steady_s
        self._logged_in: OrderedDict[str, _LoggedIn] = OrderedDict()
        self._persons = Throttle(_TRIES_OF_A_PERSON, steady_s)
        self._addresses = Throttle(_TRIES_OF_AN_ADDRESS, steady_s)
        self._one = asyncio.Lock()
        self._proxies = {ip_address(address) for address in access.proxy_addresses}
        self._csrf_of_proxy: OrderedDict[str, str] = OrderedDict()

    @property
    def can_log_in(self) -> bool:
        """Whether there is anybody who has a password."""
        return bool(self._people.by_name())

    @property
    def problem(self) -> str:
        """Why nobody can log in, where the file of people has a mistake; empty otherwise."""
        return self._people.problem

    def who(self, connection: HTTPConnection) -> Session | None:
        """The session of a request; None for one without."""
        person = self._named_by_proxy(connection)
        if person:
            return self._proxy_session(person)
        return self._session(connection.cookies.get(self.access.cookie, ""), is_use=True)

    def is_still_in(self, connection: HTTPConnection) -> bool:
        """Whether somebody who came in may stay. To look at a page that is open is no use of a session."""
        token = connection.cookies.get(self.access.cookie, "")
        return bool(self._named_by_proxy(connection)) or self._session(token, is_use=False) is not None

    async def log_in(self, name: str, password: str, address: str) -> str | None:
        """The token of a new session; None for a wrong name or password. Raises TooManyTries."""
        written, network = tidy_name(name), network_of(address)
        async with self._one:  # one guess at a time: hashing is made to be slow
            wait_s = max(self._persons.wait_s(written), self._addresses.wait_s(network))
            if wait_s > 0:
                raise TooManyTries(wait_s)
            person = self._people.by_name().get(written)
            hashed = None if person is None else person.password_hash
            if not await asyncio.to_thread(is_password, hashed, password) or person is None:
                self._persons.failed(written)
                self._addresses.failed(network)
                # what is no known name may be a password in the wrong field
                log.warning("log_in_failed", address=address, person=None if person is None else person.name)
                return None
            self._persons.succeeded(written)
        log.info("logged_in", address=address, person=person.name)
        return self._begin(person)

    def log_out(self, token: str) -> None:
        """End a session."""
        self._logged_in.pop(token, None)

    def _begin(self, person: Person) -> str:
        token, now_s = secrets.token_urlsafe(32), self._steady_s()
        self._logged_in[token] = _LoggedIn(person, secrets.token_urlsafe(32), now_s, now_s)
        while len(self._logged_in) > _MOST_SESSIONS:
            self._logged_in.popitem(last=False)
        return token

    def _session(self, token: str, *, is_use: bool) -> Session | None:
        """The session of a token. It ends with its time, or when the file has not this person with this password."""
        found, now_s = self._logged_in.get(token), self._steady_s()
        if found is None:
            return None
        if now_s - found.since_s > LONGEST_SESSION_S or now_s - found.used_s > IDLE_SESSION_S:
            self.log_out(token)
            return None
        person = self._people.by_name().get(found.person.name)
        if person is None or person.password_hash != found.person.password_hash:
            if not self._people.problem:  # a mistake in the file lets nobody in until it is mended
                self.log_out(token)
            return None
        if is_use:
            found.used_s = now_s
        return Session(person.name, person.role, found.csrf)

    def _named_by_proxy(self, connection: HTTPConnection) -> str:
        """Whom a trusted proxy names, in UTF-8; empty for nobody."""
        if self.access.proxy_header is None or not self._is_proxy(connection):
            return ""
        sent = connection.headers.get(self.access.proxy_header, "").encode("latin-1")
        try:
            return tidy_name(sent.decode("utf-8"))
        except UnicodeDecodeError:
            return ""

    def _is_proxy(self, connection: HTTPConnection) -> bool:
        try:
            return connection.client is not None and ip_address(connection.client.host) in self._proxies
        except ValueError:
            return False

    def _proxy_session(self, name: str) -> Session:
        """A person whom the proxy names has one CSRF token as long as the program runs."""
        csrf = self._csrf_of_proxy.setdefault(name, secrets.token_urlsafe(32))
        while len(self._csrf_of_proxy) > _MOST_SESSIONS:
            self._csrf_of_proxy.popitem(last=False)
        person = self._people.by_name().get(name)
        return Session(name, self.access.proxy_role if person is None else person.role, csrf)


def network_of(address: str) -> str:
    """An address, of IPv6 its network: whoever has one address there has all of them."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    return address if known.version == 4 else str(ip_network((known, 64), strict=False))
