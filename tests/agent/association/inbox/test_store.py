"""SQLite and PostgreSQL keep the same; two programs on one database lose and double nothing."""

import json
import multiprocessing
import os
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from agent.association.holdings import Item
from agent.association.inbox.asked import NoSuchQuestion, Questions, Reply
from agent.association.inbox.database import Database, StoreAway
from agent.association.inbox.held import MOST_CONTENTS, MOST_FROM_STRANGERS, HeldFiles
from agent.association.inbox.office import Office
from agent.association.inbox.parcel import Channel, Outcome, Parcel
from agent.association.inbox.publications import Publications
from agent.association.inbox.reasons import Reason, ReasonKind
from agent.association.inbox.receive import Receiver
from agent.association.inbox.service import load_service
from agent.association.inbox.store import Store
from agent.association.questions import Question
from agent.association.recover import Amount, PublishedSum
from agent.storage.refusal import StorageError
from tests.agent.association.inbox.conftest import House, documents_in_force, parcel


@pytest.fixture(name="database")
def fixture_database(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


def receiver_of(house: House, database: Database) -> Receiver:
    service = load_service(house.folder)
    return Receiver(service, Store(database), HeldFiles(database), lambda: 1000)


def test_documents_are_read_as_they_came(house: House, database: Database) -> None:
    store, receiver = Store(database), receiver_of(house, database)
    for company, site in house.keys:
        receiver.take(parcel(house.file(company, site)))
    receiver.take(parcel(house.file("seto", "marugame", revision=2)))
    found = {document.participant.site: (document, digest) for document, digest in documents_in_force(store, 2023)}
    assert {site: document.revision for site, (document, _) in found.items()} == {
        "marugame": 2,
        "sakaide": 1,
        "osaka": 1,
    }
    assert found["osaka"][0].totals.energy_gj == Decimal(3640)
    assert documents_in_force(store, 2022) == []
    (newest, *_) = store.entries(2023, 1)
    assert (newest.known_percent, newest.measured_percent) == (Decimal(90), Decimal(70))  # 700 + 200, 700 of 1000 ms
    assert store.state(2023) != store.state(2022)


def test_it_is_the_same_after_opening_again(house: House, url: str) -> None:
    for outcome in (Outcome.ACCEPTED, Outcome.KNOWN):
        database = Database(url)
        assert receiver_of(house, database).take(parcel(house_file(house))).outcome is outcome
        database.close()


def house_file(house: House) -> bytes:
    return house.file("kinki", "osaka")


def test_strangers_fill_no_disk(house: House, database: Database) -> None:
    held = HeldFiles(database)
    reasons = [Reason(ReasonKind.UNREADABLE)]
    known = parcel(house_file(house))
    held.hold(known, reasons, None, 1, is_known_key=True)
    for number in range(MOST_FROM_STRANGERS + 5):
        held.hold(parcel(f"{number}".encode()), reasons, None, 2 + number, is_known_key=False)
    open_files = held.open()
    assert len(open_files) == MOST_FROM_STRANGERS + 1
    assert sum(each.is_from_known_key for each in open_files) == 1
    kept = held.content(next(each.id for each in open_files if each.is_from_known_key))
    assert kept is not None
    assert kept.data == known.data
    assert held.settle(open_files[0].id, "担当者", 9999)
    assert not held.settle(open_files[0].id, "担当者", 9999)


def test_a_member_fills_no_disk_either(database: Database) -> None:
    held = HeldFiles(database)
    reasons = [Reason(ReasonKind.FIGURES)]
    numbers = [
        held.hold(parcel(f"{number}".encode()), reasons, None, number, is_known_key=True)
        for number in range(MOST_CONTENTS + 3)
    ]
    assert [held.content(number) is None for number in numbers] == [True] * 3 + [False] * MOST_CONTENTS
    assert len(held.open()) == MOST_CONTENTS + 3


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_connection_that_the_database_ended_is_made_again(house: House, url: str) -> None:
    one, other = Database(url), Database(url)
    receiver = receiver_of(house, one)
    assert receiver.take(parcel(house.file())).outcome is Outcome.ACCEPTED
    with other.writing() as connection:
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = "
        connection.execute(text(f"{ended}current_database()"))
    assert receiver.take(parcel(house.file(revision=2))).outcome is Outcome.ACCEPTED
    one.close()
    other.close()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_server_that_has_become_a_standby_is_away(house: House, url: str) -> None:
    """What it refuses then is of the class of idle-in-transaction time-outs too: no mistake of ours."""
    one, other = Database(url), Database(url)
    with one.writing() as connection:
        connection.execute(text(f"ALTER DATABASE {url.rpartition('/')[2]} SET default_transaction_read_only = on"))
    one.close()
    with pytest.raises(StoreAway, match="read-only transaction"):
        receiver_of(house, one).take(parcel(house.file()))
    assert receiver_of(house, other).take(parcel(house.file())).outcome is Outcome.ACCEPTED
    one.close()
    other.close()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_user_that_may_not_make_tables_is_told_what_to_do(url: str) -> None:
    owner = Database(url)
    with owner.writing() as connection:
        connection.execute(text("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN"))
    owner.close()
    with pytest.raises(StorageError, match=r"permission denied .*; let the user own the database"):
        Database(url.replace("officer@", "guest@"))


def test_a_name_from_outside_stays_in_its_line(database: Database) -> None:
    held = HeldFiles(database)
    origin = "a\x1b[2J\n\u202etxt" + "x" * 1000
    held.hold(Parcel(b"x", 1, Channel.FOLDER, origin), [], None, 1, is_known_key=False)
    assert held.open()[0].origin.startswith("a\ufffd[2J\ufffd\ufffdtxt")
    assert len(held.open()[0].origin) == 300


def test_questions_come_stay_go_and_are_answered(house: House, database: Database) -> None:
    receiver_of(house, database).take(parcel(house.file()))
    questions = Questions(database)

    def ask(text: str) -> Question:
        return Question("jump:production", "seto", "marugame", 2023, f"{text}か?", text)

    questions.ask(2023, [ask("Why +40 %?")], 1, 10)
    reply = Reply("seto", "marugame", 2023, "jump:production", "a new line", "担当者")
    questions.answer(reply, 20)
    questions.ask(2023, [ask("Why +40 %?")], 1, 30)
    (asked,) = questions.of_year(2023)
    assert asked.answer is not None
    assert (asked.answer.text, asked.asked_utc_s) == ("a new line", 10)

    questions.ask(2023, [ask("Why +90 %?")], 1, 40)
    (asked,) = questions.of_year(2023)
    assert asked.answer is None
    assert asked.earlier is not None
    assert (asked.earlier.text, asked.text("ja")) == ("a new line", "Why +90 %?か?")

    questions.ask(2023, [], 1, 50)
    assert questions.of_year(2023) == []
    with pytest.raises(NoSuchQuestion, match="there are: none"):
        questions.answer(reply, 60)


def test_questions_that_came_of_fewer_documents_change_nothing(house: House, database: Database) -> None:
    """Of two programs that ask, the one that knew less comes last."""
    receiver_of(house, database).take(parcel(house.file()))
    questions = Questions(database)
    asked = [Question(f"jump:{what}", "seto", "marugame", 2023, what, what) for what in ("gas", "coal")]
    questions.ask(2023, asked, 2, 10)
    questions.ask(2023, asked[:1], 1, 20)
    assert {each.key for each in questions.of_year(2023)} == {"jump:gas", "jump:coal"}
    assert questions.of_site("seto", "marugame", 2023) == questions.of_year(2023)
    assert questions.of_site("seto", "sakaide", 2023) == []
    questions.ask(2023, asked[:1], 2, 30)  # the same documents, other settings
    assert {each.key for each in questions.of_year(2023)} == {"jump:gas"}


def test_documents_are_found_by_their_digests(house: House, database: Database) -> None:
    store, receiver = Store(database), receiver_of(house, database)
    for company, site in house.keys:
        for revision in (1, 2):
            receiver.take(parcel(house.file(company, site, revision=revision)))
    digests = store.digests_in_force(2023)
    found = {(document.participant.site, document.revision) for document, _ in store.documents(digests)}
    assert found == {("marugame", 2), ("sakaide", 2), ("osaka", 2)}
    assert list(store.documents([])) == []


def test_a_provisional_document_does_not_replace_a_final_one(house: House, database: Database) -> None:
    store, receiver = Store(database), receiver_of(house, database)
    for revision, status in ((3, "provisional"), (1, "final"), (2, "final"), (4, "provisional")):
        receiver.take(parcel(house.file(revision=revision, status=status)))
    receiver.take(parcel(house.file("kinki", "osaka", status="provisional")))
    in_force = {(document.participant.site, document.revision) for document, _ in documents_in_force(store, 2023)}
    assert in_force == {("marugame", 2), ("osaka", 1)}


def test_a_database_of_the_first_program_gets_the_later_indexes(url: str) -> None:
    database = Database(url)
    with database.writing() as connection:
        connection.execute(text("DROP INDEX held_content"))
    database.close()
    database = Database(url)
    with database.reading() as connection:
        assert "held_content" in {index["name"] for index in inspect(connection).get_indexes("held")}
    database.close()


def test_a_database_of_the_first_program_gets_the_later_column(house: House, url: str) -> None:
    """How much of a document's time was measured is unknown where an earlier program took it in."""
    database = Database(url)
    receiver_of(house, database).take(parcel(house.file()))
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE document DROP COLUMN measured_percent"))
    database.close()
    database = Database(url)
    receiver_of(house, database).take(parcel(house.file(revision=2)))
    found = {entry.identity.revision: entry.measured_percent for entry in Store(database).entries()}
    assert found == {1: None, 2: Decimal(70)}
    database.close()


def test_what_was_published_is_read_again(database: Database) -> None:
    item = Item("energy", "electricity.grid")
    published = PublishedSum("energy", {Amount("seto", item): Fraction(61, 7), Amount("kinki", item): Fraction(1)})
    publications = Publications(database)
    publications.add(2023, [published], "担当者", 1)
    assert publications.sums(2023) == (published,)
    assert publications.sums(2022) == ()


def test_tables_of_a_newer_program_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "submissions.sqlite3"
    Database(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE schema_version SET number = 99")
    connection.close()
    with pytest.raises(StorageError, match="version 99"):
        Database(f"sqlite:///{path}")


def test_a_document_that_was_changed_in_the_database_is_not_counted(house: House, office: Office) -> None:
    office.receiver.take(parcel(house.file()))
    other = house.file(revision=9)
    with sqlite3.connect(house.folder / "submissions.sqlite3") as connection:
        connection.execute("UPDATE document SET file = ?", (other,))
    connection.close()
    with pytest.raises(StorageError, match="was changed in the database"):
        documents_in_force(office.store, 2023)


def test_a_database_that_is_away_says_so_without_its_password(house: House) -> None:
    with pytest.raises(StoreAway) as raised:
        Database("postgresql+psycopg://officer:secret@127.0.0.1:1/submissions")
    assert "secret" not in str(raised.value)
    assert "127.0.0.1:1" in str(raised.value)


COUNT = 24


def take_all(folder: str, url: str, files: list[bytes]) -> None:
    """One of two programs: takes all files, prints what became of each."""
    database = Database(url)
    service = load_service(Path(folder))
    receiver = Receiver(service, Store(database), HeldFiles(database), lambda: 1000)
    outcomes = [receiver.take(parcel(file)).outcome.value for file in files]
    database.close()
    sys.stdout.flush()
    (Path(folder) / f"outcomes-{os.getpid()}.json").write_text(json.dumps(outcomes))


def test_two_programs_on_one_database_lose_and_double_nothing(house: House, url: str) -> None:
    """Each gets every revision, and one of two contents of the last: one of them wins, whoever comes second is told."""
    revisions = [house.file(revision=number) for number in range(1, COUNT)]
    rivals = [house.file(revision=COUNT, approval={"person": name, "day": "2024-06-14"}) for name in ("高松", "坂出")]
    spawn = multiprocessing.get_context("spawn")
    programs = [
        spawn.Process(target=take_all, args=(str(house.folder), url, [*revisions, rival, house.file("kinki", "osaka")]))
        for rival in rivals
    ]
    for program in programs:
        program.start()
    for program in programs:
        program.join(60)
        assert program.exitcode == 0
    told = [json.loads(path.read_text()) for path in house.folder.glob("outcomes-*.json")]
    assert Counter(outcome for outcomes in told for outcome in outcomes) == {
        "accepted": COUNT + 1,
        "known": COUNT,
        "held": 1,
    }
    database = Database(url)
    kept = [entry.identity.revision for entry, _ in Store(database).revisions("seto", "marugame", 2023)]
    assert kept == list(range(1, COUNT + 1))
    assert len(HeldFiles(database).open()) == 1
    database.close()
