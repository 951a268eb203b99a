"""Who may do what in the dashboard, from the site's `[dashboard]`."""

from enum import StrEnum

from agent.dashboard.setup import Setup
from agent.settings.dashboard_table import DashboardTable
from agent.web.access import Access
from agent.web.auth import Session
from agent.web.people import PeopleFile, people_path


class Role(StrEnum):
    """A reader sees everything; a manager also declares corrections and answers."""

    MANAGER = "manager"
    READER = "reader"


def access_of(table: DashboardTable) -> Access:
    """The doors that the table opens. On this machine alone reading is free, unless a proxy says who asks."""
    return Access(
        host=table.host,
        is_loopback=table.is_loopback,
        cookie="atsuen_session",
        names=table.names,
        has_tls=table.has_tls,
        reading_is_free=table.is_loopback and table.proxy_header is None,
        proxy_header=table.proxy_header,
        proxy_addresses=table.proxy_addresses,
        proxy_role=table.proxy_role,
    )


def people_of(setup: Setup) -> PeopleFile:
    """The site's file of people. It may be absent where nobody has to log in to read."""
    is_needed = not setup.table.is_loopback and setup.table.proxy_header is None
    return PeopleFile(people_path(setup.site.folder / setup.table.people), tuple(Role), is_needed=is_needed)


def may_correct(session: Session | None) -> bool:
    """Whether somebody may write into the book."""
    return session is not None and session.role == Role.MANAGER
