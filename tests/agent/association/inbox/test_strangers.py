"""Files that the site which they name did not sign: listed for the officer, counted against nobody."""

from collections.abc import Callable

import pytest

from agent.association.inbox.office import Office
from agent.association.inbox.status import reminders
from agent.submission.sign import encode, new_key
from tests.agent.association.inbox.conftest import House, OpenOffice, kinds, parcel
from tests.agent.submission.conftest import text_of


def changed(house: House) -> bytes:
    """A document of another content under the header and signature of a good one."""
    header, _, signature = house.file(revision=2).decode().split(".")
    return f"{header}.{encode(text_of(house.document(revision=3)))}.{signature}".encode()


def of_nobody(house: House) -> bytes:
    return house.signed(house.document(revision=2), new_key())


def of_another_member(house: House) -> bytes:
    return house.signed(house.document(revision=2), house.keys["kinki", "osaka"])


FORGERIES: dict[str, Callable[[House], bytes]] = {
    "bad_signature": changed,
    "unknown_key": of_nobody,
    "key_of_another_site": of_another_member,
}


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_forgery_brings_no_reminder_and_leaves_a_complete_year_complete(
    house: House, office: Office, kind: str
) -> None:
    for company, site in house.keys:
        office.receiver.take(parcel(house.file(company, site)))
    assert kinds(office.receiver.take(parcel(FORGERIES[kind](house), "forged.jws"))) == [kind]
    status = office.status(2023)
    assert status.is_complete
    assert reminders(status, "ja") == reminders(status, "en") == []
    (held,) = status.strangers
    assert (held.origin, held.company, held.site, held.is_the_sites_own) == ("forged.jws", "seto", "marugame", False)


def test_a_key_that_was_closed_does_not_speak_for_its_site(house: House, open_office: OpenOffice) -> None:
    """Such as a stolen one: the roster of the test ends every key with FY2024."""
    house.write_settings(service="[[year]]\nfiscal_year = 2025\ndeadline = 2026-07-31\n")
    office = open_office()
    assert kinds(office.receiver.take(parcel(house.file(fiscal_year=2025), "late.jws"))) == ["key_years"]
    status = office.status(2025)
    assert [site.held for site in status.sites] == [(), (), ()]
    assert [held.origin for held in status.strangers] == ["late.jws"]
    assert "late.jws" not in "".join(reminders(status, "en"))


def test_what_a_site_signed_itself_is_counted_against_it(house: House, office: Office) -> None:
    office.receiver.take(parcel(house.file()))
    other = house.file(approval={"person": "高松", "day": "2024-06-15"})
    assert kinds(office.receiver.take(parcel(other, "twice.jws"))) == ["same_revision"]
    status = office.status(2023)
    (site, *_) = status.sites
    assert ([held.origin for held in site.held], site.is_complete, status.strangers) == (["twice.jws"], False, ())


def test_a_key_that_was_taken_away_since_makes_a_stranger_of_its_file(house: House, open_office: OpenOffice) -> None:
    document = house.document()
    document["totals"]["co2_kg"] = "1"
    file = parcel(house.signed(document), "held.jws")
    office = open_office()
    office.receiver.take(file)
    assert [held.origin for held in office.status(2023).sites[0].held] == ["held.jws"]
    house.make_key("seto", "marugame")
    house.write_settings()
    later = open_office()
    assert kinds(later.receiver.take(file))[0] == "unknown_key"
    assert [held.origin for held in later.status(2023).strangers] == ["held.jws"]
