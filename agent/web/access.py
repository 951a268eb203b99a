"""Where pages are served and who may read them, in one form for every program. Knows no settings file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Access:
    """What a program's settings say of its pages.

    `is_loopback`: only this machine can ask. `cookie` names the session's: two programs on one machine share a
    browser's cookies. `names` are host names under which the pages are asked for. A reverse proxy at `proxy_addresses`
    names people in `proxy_header`; those whom the file of people does not name have `proxy_role`.
    """

    host: str
    is_loopback: bool
    cookie: str
    names: tuple[str, ...] = ()
    has_tls: bool = False
    reading_is_free: bool = False
    proxy_header: str | None = None
    proxy_addresses: tuple[str, ...] = ()
    proxy_role: str = ""
