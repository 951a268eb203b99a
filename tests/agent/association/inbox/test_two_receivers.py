"""Two receivers, each with all files of many sites, one killed, the database cut off: nothing is lost or doubled."""

import json
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from agent.association.inbox.database import Database, StoreAway
from agent.association.inbox.held import HeldFiles
from agent.association.inbox.parcel import Outcome
from agent.association.inbox.receive import Receiver
from agent.association.inbox.service import load_service
from agent.association.inbox.store import Store
from agent.submission.send import put_file
from agent.web.people import person_line
from bench.association.many_sites import Sent, order_of, write_association
from bench.association.two_receivers import noted, notes_of, receive_all
from tests.agent.association.inbox.conftest import (
    LIMIT_S,
    PEOPLE,
    SERVICE,
    House,
    OpenOffice,
    Start,
    documents_in_force,
    parcel,
    wait_for,
)
from tests.agent.conftest import ATSUEN
from tests.postgresql import OwnPostgresql

SITES, COMPANIES, RECEIVERS = 120, 30, 2
REVISIONS = 12


def rows_of(url: str, query: str) -> list[tuple[Any, ...]]:
    database = Database(url)
    with database.reading() as connection:
        rows = [tuple(row) for row in connection.execute(text(query))]
    database.close()
    return rows


def nothing() -> None:
    """No disturbance but the kill."""


def assert_everything_is_there_once(folder: Path, url: str, sent: Sequence[Sent], most_twice: int) -> None:
    """`most_twice` files may have been taken once more: their receiver was killed or cut off before it was told."""
    good = [each for each in sent if each.digest is not None]
    documents = rows_of(
        url,
        "SELECT company, site, fiscal_year, revision, digest, times_seen FROM document JOIN slot ON slot.id = slot_id",
    )
    assert sorted(row[:5] for row in documents) == sorted(
        (each.company, each.site, 2023, each.revision, each.digest) for each in good
    )
    held = [(row[0], row[1]) for row in rows_of(url, "SELECT origin, times_seen FROM held WHERE settled_utc_s IS NULL")]
    assert sorted(origin for origin, _ in held) == [each.file for each in sent if each.digest is None]

    noted_times = Counter(line.split()[0] for n in range(RECEIVERS) for line in noted(notes_of(folder, n)))
    assert noted_times == Counter(name for n in range(RECEIVERS) for name in order_of(list(sent), n))
    file_of: dict[str | None, str] = {each.digest: each.file for each in good}
    counted = {file_of[row[4]]: row[5] for row in documents} | dict(held)
    more = {name: counted[name] - times for name, times in noted_times.items() if counted[name] != times}
    assert all(surplus > 0 for surplus in more.values())
    assert sum(more.values()) <= most_twice


def newest_revisions(url: str) -> dict[tuple[str, str], int]:
    database = Database(url)
    found = {
        (d.participant.company, d.participant.site): d.revision for d, _ in documents_in_force(Store(database), 2023)
    }
    database.close()
    return found


def test_a_receiver_that_is_killed_loses_and_doubles_nothing(tmp_path: Path, url: str) -> None:
    folder = tmp_path / "association"
    sent = write_association(folder, SITES, COMPANIES, "" if url.startswith("sqlite") else url)
    url = f"sqlite:///{folder}/submissions.sqlite3" if url.startswith("sqlite") else url
    receive_all(folder, sent, RECEIVERS, (nothing,))
    assert_everything_is_there_once(folder, url, sent, most_twice=1)
    expected = {(f"company_{n % COMPANIES}", f"site_{n}"): 2 if n % 10 == 0 else 1 for n in range(SITES)}
    assert newest_revisions(url) == expected


def test_a_database_that_is_cut_off_loses_and_doubles_nothing(tmp_path: Path, postgresql: OwnPostgresql) -> None:
    """Both receivers try again until it is back."""
    folder, url = tmp_path / "association", postgresql.new_database()
    sent = write_association(folder, SITES, COMPANIES, url)

    def cut_off() -> None:
        postgresql.stop("immediate")
        postgresql.start()

    receive_all(folder, sent, RECEIVERS, (cut_off,))
    assert_everything_is_there_once(folder, url, sent, most_twice=1 + RECEIVERS)


def test_a_sender_is_told_to_try_again_while_the_database_is_stopped(house: House, postgresql: OwnPostgresql) -> None:
    database = Database(postgresql.new_database())
    store, held = Store(database), HeldFiles(database)
    receiver = Receiver(load_service(house.folder), store, held, lambda: 1000)
    assert receiver.take(parcel(house.file())).outcome is Outcome.ACCEPTED
    postgresql.stop()
    try:
        for file in (house.file("seto", "sakaide"), b"no submission"):
            with pytest.raises(StoreAway, match="is the database up"):
                receiver.take(parcel(file))
    finally:
        postgresql.start()
    assert receiver.take(parcel(house.file("seto", "sakaide"))).outcome is Outcome.ACCEPTED
    assert [entry.times_seen for entry in store.entries(2023)] == [1, 1]
    assert held.open() == []
    database.close()


def test_what_one_program_took_in_the_other_asks_about(house: House, open_office: OpenOffice) -> None:
    """Each has looked at all documents before, and looks at the new one alone."""
    one, other = open_office(), open_office()
    doubled = house.document(revision=2)
    doubled["production"][0]["quantity_t"] = doubled["totals"]["production_t"] = "361"
    for file in (house.file(fiscal_year=2022), house.file()):
        one.receiver.take(parcel(file))
    assert (one.ask(2023), other.ask(2023)) == ([], [])
    one.receiver.take(parcel(house.signed(doubled)))
    assert [asked.key for asked in other.ask(2023)] == ["jump:production"]
    other.receiver.take(parcel(house.file(revision=3)))
    assert one.ask(2023) == []


def test_a_receiver_waits_for_another_program_that_writes(house: House, tmp_path: Path) -> None:
    path = tmp_path / "submissions.sqlite3"
    database = Database(f"sqlite:///{path}")
    receiver = Receiver(load_service(house.folder), Store(database), HeldFiles(database), lambda: 1000)
    with ThreadPoolExecutor() as threads, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        taking = threads.submit(receiver.take, parcel(house.file()))
        assert not wait([taking], timeout=0.3).done
        other.execute("COMMIT")
        assert taking.result(LIMIT_S).outcome is Outcome.ACCEPTED
    database.close()


def test_a_service_and_two_commands_share_one_sqlite_file(house: House, start: Start, tmp_path: Path) -> None:
    """Each of the three gets every file, and questions are asked meanwhile."""
    house.write_settings(service=SERVICE + "[folder]\npath = 'incoming'\nevery_s = 0.1\n")
    (house.folder / "people").write_text("\n".join(map(person_line, PEOPLE)), encoding="utf-8")
    (house.folder / "people").chmod(0o600)
    incoming = house.folder / "incoming"
    for folder in (incoming, tmp_path / "carried"):
        folder.mkdir()
    names = []
    for company, site in house.keys:
        for revision in range(1, REVISIONS + 1):
            names.append(f"{site}-{revision}.jws")
            file = house.file(company, site, revision=revision)
            put_file(file, incoming / names[-1])
            (tmp_path / "carried" / names[-1]).write_bytes(file)
    carried = [tmp_path / "carried" / name for name in names]
    start()
    command = [str(ATSUEN), "association", "receive", "-c", str(house.folder), "--json"]
    commands = [
        subprocess.Popen([*command, *files], stdout=subprocess.PIPE) for files in (carried, list(reversed(carried)))
    ]
    told = [json.loads(each.communicate(timeout=LIMIT_S)[0]) for each in commands]
    wait_for(lambda: len(list((incoming / "accepted").glob("*.jws"))) == len(names))
    assert {receipt["outcome"] for receipts in told for receipt in receipts} <= {"accepted", "known"}
    url = f"sqlite:///{house.folder}/submissions.sqlite3"
    kept = rows_of(url, "SELECT site, revision, times_seen FROM document JOIN slot ON slot.id = slot_id")
    assert sorted(kept) == sorted((site, n, 3) for _, site in house.keys for n in range(1, REVISIONS + 1))
    assert newest_revisions(url) == dict.fromkeys(house.keys, REVISIONS)
    assert rows_of(url, "SELECT origin FROM held") == []
