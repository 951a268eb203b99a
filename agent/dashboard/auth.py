"""Who may do what in the dashboard, from the site's `[dashboard]`."""

from agent.dashboard.setup import Setup
from agent.settings.dashboard_table import DashboardTable, Role
from agent.web.access import Access
from agent.web.auth import Session
from agent.web.people import PeopleFile, people_path


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
    path = people_path(setup.site.folder / setup.table.people)
    return PeopleFile(path, tuple(Role), is_needed=setup.table.needs_people)


def may_correct(session: Session | None) -> bool:
    """Whether somebody may write into the book."""
    return session is not None and session.role == Role.MANAGER
