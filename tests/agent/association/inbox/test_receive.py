"""What is accepted, what is known, what is held and why: every kind of bad file by its name."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.association.inbox.judge import Claim
from agent.association.inbox.office import Office
from agent.association.inbox.parcel import Outcome
from agent.association.inbox.reasons import Reason, ReasonKind
from agent.submission.sign import MAX_FILE_BYTES, PrivateKey, encode, new_key
from tests.agent.association.inbox.conftest import House, OpenOffice, documents_in_force, kinds, parcel
from tests.agent.submission.conftest import b64, text_of


def signed_by_hand(key: PrivateKey, document: bytes, header: bytes | None = None) -> bytes:
    """A JWS over any bytes, its signature good."""
    header = (
        header
        or json.dumps(
            {"alg": "EdDSA", "kid": key.public.kid, "typ": "atsuen-submission+jws"},
            separators=(",", ":"),
            sort_keys=True,
        ).encode()
    )
    signed = f"{b64(header)}.{b64(document)}"
    secret = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(key.d + "="))
    return f"{signed}.{b64(secret.sign(signed.encode()))}".encode()


def test_a_good_document_is_accepted_once_and_known_afterwards(house: House, office: Office) -> None:
    file = house.file()
    first = office.receiver.take(parcel(file))
    assert (first.outcome, first.reasons, first.replaced) == (Outcome.ACCEPTED, (), None)
    assert office.receiver.take(parcel(file)).outcome is Outcome.KNOWN
    (entry,) = office.store.entries(2023)
    assert (entry.identity.company, entry.identity.site, entry.identity.revision) == ("seto", "marugame", 1)
    assert entry.times_seen == 2
    assert entry.kid == house.keys["seto", "marugame"].public.kid
    assert office.held.open() == []


def test_a_revision_takes_the_place_of_the_one_before(house: House, office: Office) -> None:
    office.receiver.take(parcel(house.file()))
    second = office.receiver.take(parcel(house.file(revision=2, status="final")))
    assert (second.outcome, second.replaced) == (Outcome.ACCEPTED, 1)
    assert "revision 1" in second.text("en")
    assert [e.identity.revision for e in office.store.entries() if e.is_in_force] == [2]
    assert [document.revision for document, _ in documents_in_force(office.store, 2023)] == [2]
    assert [entry.identity.revision for entry, _ in office.store.revisions("seto", "marugame", 2023)] == [1, 2]


def test_an_old_revision_that_comes_late_is_kept_and_not_counted(house: House, office: Office) -> None:
    office.receiver.take(parcel(house.file(revision=2)))
    late = office.receiver.take(parcel(house.file(revision=1)))
    assert (late.outcome, late.replaced, late.stays) == (Outcome.ACCEPTED, None, 2)
    assert late.text("en").endswith("\nRevision 2 stays in force.")
    assert late.text("ja").endswith("\n第2版が引き続き有効です。")
    assert [document.revision for document, _ in documents_in_force(office.store, 2023)] == [2]


def test_the_same_revision_with_other_content_is_held(house: House, office: Office) -> None:
    office.receiver.take(parcel(house.file()))
    other = house.file(approval={"person": "高松", "day": "2024-06-15"})
    receipt = office.receiver.take(parcel(other))
    assert (receipt.outcome, kinds(receipt)) == (Outcome.HELD, ["same_revision"])
    assert "Raise the revision" in receipt.text("en")
    assert "版番号を上げて" in receipt.text("ja")
    assert "\n  受領済みの第1版: SHA-256 " in receipt.text("ja")
    assert len(office.store.entries()) == 1


def test_a_key_that_nobody_has_registered(house: House, office: Office) -> None:
    receipt = office.receiver.take(parcel(house.signed(house.document(), new_key())))
    assert kinds(receipt) == ["unknown_key"]
    assert "atsuen key show" in receipt.text("en")


@pytest.mark.parametrize("thief", [("seto", "sakaide"), ("kinki", "osaka")], ids=["same company", "another company"])
def test_a_key_signs_only_for_its_own_site(house: House, office: Office, thief: tuple[str, str]) -> None:
    receipt = office.receiver.take(parcel(house.signed(house.document(), house.keys[thief])))
    assert (receipt.outcome, kinds(receipt)) == (Outcome.HELD, ["key_of_another_site"])
    assert thief[1] not in receipt.text("en")  # whose key it is, is no stranger's business


def test_a_key_signs_only_in_its_years(house: House, open_office: OpenOffice) -> None:
    years = (2022, 2023, 2025)
    service = "".join(f"[[year]]\nfiscal_year = {year}\ndeadline = {year + 1}-07-31\n" for year in years)
    house.write_settings(service=service)
    office = open_office()
    assert kinds(office.receiver.take(parcel(house.file(fiscal_year=2025)))) == ["key_years"]
    assert office.receiver.take(parcel(house.file(fiscal_year=2022))).outcome is Outcome.ACCEPTED


def test_a_year_that_is_not_open(house: House, office: Office) -> None:
    receipt = office.receiver.take(parcel(house.file(fiscal_year=2024)))
    assert kinds(receipt) == ["year_not_open"]
    assert receipt.text("en").endswith("\n  FY2024; open: 2022, 2023")
    assert receipt.text("ja").endswith("\n  2024年度。受付中の年度: 2022, 2023")


def test_a_document_of_a_closed_year_that_comes_again_is_known(house: House, open_office: OpenOffice) -> None:
    file = house.file()
    open_office().receiver.take(parcel(file))
    house.write_settings(service="")
    assert open_office().receiver.take(parcel(file)).outcome is Outcome.KNOWN


def test_a_site_that_is_not_on_the_roster(house: House, office: Office) -> None:
    document = house.document("seto", "nowhere")
    receipt = office.receiver.take(parcel(house.signed(document, house.keys["seto", "marugame"])))
    assert kinds(receipt) == ["not_on_roster"]


def test_another_sites_name_in_the_topic(house: House, office: Office) -> None:
    file = house.file()
    wrong = office.receiver.take(parcel(file, claim=Claim("kinki", "osaka", "2023")))
    assert kinds(wrong) == ["wrong_place"]
    assert office.receiver.take_held_again() == []
    assert office.receiver.take(parcel(file, claim=Claim("seto", "marugame", "2023"))).outcome is Outcome.ACCEPTED
    assert office.held.open() == []


def test_a_figure_that_does_not_follow(house: House, office: Office) -> None:
    document = house.document()
    document["totals"]["co2_kg"] = "166599"
    receipt = office.receiver.take(parcel(house.signed(document)))
    assert kinds(receipt) == ["figures"]
    assert receipt.text("en").endswith("\n  totals: co2_kg: stated 166599, recomputed 166600")
    assert receipt.text("ja").endswith("\n  合計: CO2(co2_kg): 記載値 166599、計算値 166600")


def test_what_is_held_is_shown_in_the_readers_language(house: House, office: Office) -> None:
    document = house.document()
    document["energy"][0] |= {"quantity": "251", "unit": "kL"}
    document["totals"]["production_t"] = "1"
    receipt = office.receiver.take(parcel(house.signed(document)))
    (held,) = office.held.open()
    assert held.reasons == receipt.reasons
    japanese, english = (held.reasons[0].text(language) for language in ("ja", "en"))
    assert "エネルギー行 grid: electricity (grid) の数量の単位 kL を係数の単位に換算できません" in japanese
    assert "energy line grid: the heat factor of electricity (kind grid) is in GJ/MWh" in english


def test_too_many_faults_are_counted(house: House, office: Office) -> None:
    document = house.document()
    document["energy"][1]["corrections"] = list(range(100, 130))
    receipt = office.receiver.take(parcel(house.signed(document)))
    assert (len(receipt.reasons[0].found), kinds(receipt)) == (21, ["figures"])
    assert receipt.text("ja").endswith("ほか 10 件")


def test_reasons_that_an_earlier_program_wrote_are_readable() -> None:
    """As they stand in the column `held.reasons` of its databases: the verifier's English sentences."""
    written = ["figures", "totals: co2_kg: stated 166599, recomputed 166600"]
    assert Reason.of_plain(written).text("ja").endswith("\n  totals: co2_kg: stated 166599, recomputed 166600")
    assert Reason.of_plain(["unknown_key"]) == Reason(ReasonKind.UNKNOWN_KEY)
    closed = Reason.of_plain(["year_not_open", "FY2024; 2022, 2023"])
    assert closed.text("en").endswith("\n  FY2024; 2022, 2023")


def test_a_changed_file(house: House, office: Office) -> None:
    header, _, signature = house.file().decode().split(".")
    text = text_of(house.document(revision=2))
    receipt = office.receiver.take(parcel(f"{header}.{encode(text)}.{signature}".encode()))
    assert kinds(receipt) == ["bad_signature"]
    for language, words in (("en", "was changed after it was signed"), ("ja", "署名後に変更されています")):
        assert receipt.text(language).count(words) == 1


BAD_TEXTS = {
    "NaN": '{"format":"atsuen-submission/1","revision":NaN}',
    "fraction": '{"format":"atsuen-submission/1","revision":1.5}',
    "twice": '{"format":"atsuen-submission/1","format":"atsuen-submission/1"}',
    "deep": "[" * 1_000_000 + "]" * 1_000_000,
    "deep objects": '{"a":' * 600_000 + "1" + "}" * 600_000,
    "no JSON": "hello",
    "not UTF-8": "\udcff",
    "long number": '{"format":"atsuen-submission/1","revision":' + "9" * 100_000 + "}",
}


@pytest.mark.parametrize("name", BAD_TEXTS)
def test_bad_texts_with_a_good_signature_are_held(house: House, office: Office, name: str) -> None:
    data = BAD_TEXTS[name].encode("utf-8", "surrogateescape")
    receipt = office.receiver.take(parcel(signed_by_hand(house.keys["seto", "marugame"], data)))
    assert (receipt.outcome, kinds(receipt), receipt.identity) == (Outcome.HELD, ["unreadable"], None)
    assert office.receiver.take(parcel(house.file())).outcome is Outcome.ACCEPTED


def test_a_newer_form_is_named_as_such(house: House, office: Office) -> None:
    document = house.document(format="atsuen-submission/2", later="field")
    receipt = office.receiver.take(parcel(house.signed(document)))
    assert kinds(receipt) == ["newer_form"]
    assert "再送は不要" in receipt.text("ja")


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"a.b.c", b"{}", b"x" * 1_000_000], ids=lambda data: f"{len(data)}")
def test_what_is_no_signed_file_is_held_without_its_content(office: Office, data: bytes) -> None:
    receipt = office.receiver.take(parcel(data))
    assert kinds(receipt) == ["unreadable"]
    assert receipt.held_id is not None
    assert office.held.content(receipt.held_id) is None


def test_a_file_that_is_too_large_is_held_by_name_without_looking_into_it(office: Office) -> None:
    large = replace(parcel(b"a" * (MAX_FILE_BYTES + 1), "large.jws"), size_bytes=100_000_000)
    receipt = office.receiver.take(large)
    assert kinds(receipt) == ["too_large"]
    assert "100,000,000" in receipt.text("en")
    (held,) = office.held.open()
    assert (held.origin, held.size_bytes) == ("large.jws", 100_000_000)


def test_the_same_bad_file_is_one_entry_however_often_it_comes(house: House, office: Office, clock: Any) -> None:
    file = house.file(fiscal_year=2024)
    for _ in range(3):
        clock.now_s += 60
        office.receiver.take(parcel(file))
    (held,) = office.held.open()
    assert (held.times_seen, held.last_utc_s - held.first_utc_s) == (3, 120)


def test_what_is_held_is_taken_once_the_reason_is_gone(house: House, open_office: OpenOffice) -> None:
    office = open_office()
    office.receiver.take(parcel(house.file(fiscal_year=2024)))
    assert [r.outcome for r in office.receiver.take_held_again()] == [Outcome.HELD]
    house.write_settings(service="[[year]]\nfiscal_year = 2024\ndeadline = 2025-07-31\n")
    later = open_office()
    assert [r.outcome for r in later.receiver.take_held_again()] == [Outcome.ACCEPTED]
    assert later.held.open() == []


def test_every_reason_has_words_in_both_languages() -> None:
    for kind in ReasonKind:
        english, japanese = (Reason(kind, ("detail",)).text(language) for language in ("en", "ja"))
        assert english.endswith("detail")
        assert english.isascii()
        assert not japanese.isascii()
