"""Status, reminders, questions and the form from the documents that came; settings and keys that do not fit."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.association.inbox.asked import Reply
from agent.association.inbox.office import Office
from agent.association.inbox.service import load_service
from agent.association.inbox.status import State, reminders
from agent.settings.mistakes import SettingsError
from agent.submission.sign import new_key
from tests.agent.association.inbox.conftest import DAY_S, JULY_1_2024, Clock, House, OpenOffice, parcel

END_OF_JULY_31 = int(datetime(2024, 7, 31, 15, tzinfo=UTC).timestamp())
"""Midnight after the deadline in Japan."""


def test_a_year_before_and_after_its_deadline(house: House, office: Office, clock: Clock) -> None:
    office.receiver.take(parcel(house.file("seto", "marugame")))
    office.receiver.take(parcel(house.file("seto", "sakaide", status="provisional")))
    clock.now_s = END_OF_JULY_31 - 1
    status = office.status(2023)
    assert [(site.site, site.state) for site in status.sites] == [
        ("marugame", State.FINAL),
        ("sakaide", State.PROVISIONAL),
        ("osaka", State.MISSING),
    ]
    assert [site.is_late for site in status.sites] == [False, False, False]
    clock.now_s = END_OF_JULY_31
    assert [site.is_late for site in office.status(2023).sites] == [False, True, True]

    office.receiver.take(parcel(house.file("kinki", "osaka")))
    sites = {site.site: site for site in office.status(2023).sites}
    assert (sites["osaka"].came_late, sites["osaka"].is_late) == (True, False)
    office.receiver.take(parcel(house.file("seto", "marugame", revision=2)))
    corrected = office.status(2023).sites[0]
    assert (corrected.came_late, corrected.in_force is not None and corrected.in_force.identity.revision) == (False, 2)


def test_nothing_at_all_after_the_provisional_deadline_is_late(house: House, open_office: OpenOffice) -> None:
    year = "[[year]]\nfiscal_year = 2023\ndeadline = 2024-07-31\nprovisional_deadline = 2024-06-15\n"
    house.write_settings(service=year)
    office = open_office()
    office.receiver.take(parcel(house.file("seto", "marugame", status="provisional")))
    assert [site.is_late for site in office.status(2023).sites] == [False, True, True]


def test_held_files_stand_with_their_site_and_in_the_reminder(house: House, office: Office, clock: Clock) -> None:
    document = house.document("kinki", "osaka")
    document["totals"]["co2_kg"] = "1"
    office.receiver.take(parcel(house.signed(document), "osaka.jws"))
    office.receiver.take(parcel(b"noise", "noise.bin"))
    office.receiver.take(parcel(house.file("seto", "marugame")))
    office.receiver.take(parcel(house.file("seto", "sakaide")))
    status = office.status(2023)
    assert [held.origin for held in status.sites[2].held] == ["osaka.jws"]
    assert [held.origin for held in status.strangers] == ["noise.bin"]
    (english,) = reminders(status, "en")
    assert english.startswith("To kinki\n\nFiscal year 2023, due 2024-07-31")
    assert "no document has arrived" in english
    assert "stated 1, recomputed 166600" in english
    assert "seto" not in english
    (japanese,) = reminders(status, "ja")
    assert "提出書が届いていません" in japanese
    assert "期限を過ぎています" not in japanese
    clock.now_s = END_OF_JULY_31
    assert "期限を過ぎています" in reminders(office.status(2023), "ja")[0]


def test_nobody_is_reminded_of_a_complete_year(house: House, office: Office) -> None:
    for company, site in house.keys:
        office.receiver.take(parcel(house.file(company, site)))
    status = office.status(2023)
    assert status.is_complete
    assert reminders(status, "en") == []


def doubled(house: House, year: int) -> bytes:
    """A year with twice the production: 361 t instead of 180.5 t is +100 %."""
    document = house.document(fiscal_year=year)
    document["production"][0]["quantity_t"] = document["totals"]["production_t"] = "361"
    return house.signed(document)


def test_a_jump_is_asked_about_until_it_is_answered_or_corrected(house: House, office: Office) -> None:
    office.receiver.take(parcel(house.file(fiscal_year=2022)))
    office.receiver.take(parcel(doubled(house, 2023)))
    (asked,) = office.ask(2023)
    assert (asked.key, asked.company, asked.site) == ("jump:production", "seto", "marugame")
    assert "100.0 %" in asked.text_en
    assert not office.status(2023).sites[0].is_complete
    assert "jump:production" in reminders(office.status(2023), "ja")[0]

    office.answer(Reply("seto", "marugame", 2023, "jump:production", "second shift", "担当者"))
    assert office.status(2023).sites[0].is_complete
    with pytest.raises(ValueError, match="U\\+0000"):
        office.answer(Reply("seto", "marugame", 2023, "jump:production", "a\0b", "担当者"))

    office.receiver.take(parcel(house.file(revision=2)))
    assert office.ask(2023) == []


def test_the_form_is_printed_from_the_newest_documents(house: House, office: Office) -> None:
    office.receiver.take(parcel(house.file()))
    office.receiver.take(parcel(house.file(revision=2)))
    result = office.print_year(2023)
    assert [(fact.company, fact.site, fact.revision) for fact in result.documents] == [("seto", "marugame", 2)]
    assert {finding.key for finding in result.findings} == {"not_submitted:seto:sakaide", "not_submitted:kinki:osaka"}
    assert office.print_year(2023) is result
    office.receiver.take(parcel(house.file("kinki", "osaka")))
    again = office.print_year(2023)
    assert len(again.documents) == 2
    office.publish(again, "担当者")
    assert office.publications.sums(2023) == again.sums


def mistakes(folder: Path) -> str:
    with pytest.raises(SettingsError) as raised:
        load_service(folder)
    return str(raised.value)


def test_keys_and_roster_must_fit(house: House) -> None:
    (house.folder / "keys" / "stranger.jwk").write_text(json.dumps(new_key().public.jwk), encoding="ascii")
    assert "(stranger) may sign for no site" in mistakes(house.folder)
    (house.folder / "keys" / "stranger.jwk").unlink()
    (house.folder / "keys" / "kinki-osaka.jwk").unlink()
    assert "of kinki/osaka is not here" in mistakes(house.folder)
    (house.folder / "keys" / "kinki-osaka.jwk").write_text(json.dumps(house.keys["kinki", "osaka"].jwk))
    assert "holds a private key" in mistakes(house.folder)


@pytest.mark.parametrize(
    ("service", "told"),
    [
        ("[web]\nhost = '0.0.0.0'", "open to the network"),
        ("[web]\ncertificate_file = 'a'", "belong together"),
        ("[store]\nurl = 'mysql://x'", "postgresql+psycopg://"),
        ("[[year]]\nfiscal_year = 2023\ndeadline = 2024-07-31\n" * 2, "a second time"),
        ("[[year]]\nfiscal_year = 2023\ndeadline = 2024-07-31\nprovisional_deadline = 2024-08-01", "comes after"),
        ("[[year]]\nfiscal_year = 2023", "deadline is missing"),
        ("[wep]\nport = 1", "did you mean 'web'"),
    ],
)
def test_mistakes_of_the_settings_are_named_by_line(house: House, service: str, told: str) -> None:
    house.write_settings(service=service)
    assert told in mistakes(house.folder)
    assert "service.toml:" in mistakes(house.folder)


def test_a_password_of_the_database_comes_from_a_credential_file(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "store__url").write_text("postgresql+psycopg://officer:secret@db/submissions")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    service = load_service(house.folder)
    assert service.store_url == "postgresql+psycopg://officer:secret@db/submissions"
    assert "secret" not in repr(service)


def test_the_first_of_july_is_before_the_deadline() -> None:
    assert 30 * DAY_S < END_OF_JULY_31 - JULY_1_2024 <= 31 * DAY_S
