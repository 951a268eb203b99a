"""Who may do what on the officer's pages, from `[web]` of `service.toml`. Nothing is read without logging in."""

from enum import StrEnum

from agent.association.inbox.service import Service
from agent.association.inbox.service_file import WebTable
from agent.settings.dashboard_table import LOOPBACK
from agent.web.access import Access
from agent.web.people import PeopleFile, people_path


class Role(StrEnum):
    """What a person may do: a reader sees everything, an officer also answers, settles and publishes."""

    OFFICER = "officer"
    READER = "reader"


def access_of(web: WebTable) -> Access:
    """The doors that the table opens."""
    return Access(
        host=web.host,
        is_loopback=web.host in LOOPBACK,
        cookie="atsuen_association_session",
        names=web.names,
        has_tls=web.certificate_file is not None,
    )


def people_of(service: Service) -> PeopleFile:
    """The association's file of people."""
    return PeopleFile(people_path(service.path(service.file.web.people)), tuple(Role), is_needed=True)
