"""Documents are read once for the checks and the form, and what was changed in the database is noticed when read."""

import sqlite3
from contextlib import closing

import pytest

from agent.association.inbox.office import Office
from agent.association.inbox.parcel import Outcome
from agent.storage.refusal import StorageError
from agent.submission.sign import new_key
from tests.agent.association.inbox.conftest import House, parcel


def write_over(house: House, file: bytes) -> None:
    """Change all documents in the database behind the program's back."""
    with closing(sqlite3.connect(house.folder / "submissions.sqlite3")) as connection, connection:
        connection.execute("UPDATE document SET file = ?", (file,))


def test_what_the_checks_have_read_is_not_read_again_for_the_form(house: House, office: Office) -> None:
    office.receiver.take(parcel(house.file()))
    office.ask(2023)
    write_over(house, b"gone")
    office.receiver.take(parcel(house.file("kinki", "osaka")))
    result = office.print_year(2023)
    assert [(fact.company, fact.site) for fact in result.documents] == [("kinki", "osaka"), ("seto", "marugame")]


def test_a_document_that_is_replaced_is_counted_no_more(house: House, office: Office) -> None:
    for file in (house.file(), house.file("kinki", "osaka")):
        office.receiver.take(parcel(file))
    office.ask(2023)
    before = office.print_year(2023).industry
    office.receiver.take(parcel(house.file(revision=2)))
    result = office.print_year(2023)
    assert [(fact.site, fact.revision) for fact in result.documents] == [("osaka", 1), ("marugame", 2)]
    assert result.industry.value("production") == before.value("production")
    assert result.industry.sites == 2


@pytest.mark.parametrize("file", [b"", b"no file of ours", b"a.b.c", b"a.!!!!.c", b"a.\xff\xfe.c", b"a.e30.c.d"])
def test_a_document_that_is_none_any_more_is_told(house: House, office: Office, file: bytes) -> None:
    office.receiver.take(parcel(house.file()))
    write_over(house, file)
    with pytest.raises(StorageError, match="was changed in the database"):
        office.ask(2023)
    with pytest.raises(StorageError, match="was changed in the database"):
        office.print_year(2023)


def test_only_files_with_their_content_are_looked_at_again(house: House, office: Office) -> None:
    stranger = house.signed(house.document(), new_key())
    assert office.receiver.take(parcel(stranger, "stranger")).outcome is Outcome.HELD
    office.receiver.take(parcel(house.file(fiscal_year=2019), "member"))
    assert sorted(each.origin for each in office.held.open()) == ["member", "stranger"]
    assert [each.origin for each in office.held.open_with_content()] == ["member"]
    assert [receipt.outcome for receipt in office.receiver.take_held_again()] == [Outcome.HELD]
