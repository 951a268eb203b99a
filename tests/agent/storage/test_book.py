"""The book keeps what people declare, in order and whole; what is changed, removed, inserted or cut off is found."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.accounting.entries import (
    Answer,
    Assertion,
    BookedQuantity,
    Closing,
    Content,
    Draft,
    Entry,
    Exclusion,
    Invoice,
    MeterReplacement,
    Reading,
    Substitution,
    SubstitutionMethod,
    Withdrawal,
    standing,
)
from agent.accounting.gas_volume import ReferenceState
from agent.storage.book import Book, BookError, VerifiedBook, book_path, verify_book
from agent.storage.entry_codec import KINDS, decode, encode, kind_of

CONTENTS: list[Content] = [
    Reading("meter.energy", 1_800, Decimal("12345.670")),
    BookedQuantity("line.can_body", 0, 86_400, Decimal("1E+3")),
    Invoice("gas", 0, 3_600, Decimal("0.1"), ReferenceState.NM3),
    Assertion("power", 0, 3_600, Decimal(5123400), Decimal("0.5")),
    Exclusion("power", 1_800, 3_600),
    Substitution("gas", 0, 1_800, SubstitutionMethod.VALUE, Decimal(7), ReferenceState.SATP),
    Substitution("gas", 0, 1_800, SubstitutionMethod.LAST_WEEK),
    MeterReplacement("meter.energy", 1_234_567, Decimal("99999.9"), Decimal("0.017")),
    Answer("gap:meter.energy:1800"),
    Withdrawal(3),
    Closing(2025, 1, False, "ab" * 32, "cd" * 32, "ef" * 32),
]


def draft(content: Content, reason: str = "検針") -> Draft:
    return Draft("計量責任者", reason, "WO-114", content)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(book_path(tmp_path / "journal.sqlite3"))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book with one entry of each kind."""
    path = tmp_path_factory.mktemp("book") / "journal.book.sqlite3"
    Book(path).append([draft(content) for content in CONTENTS], 1_700_000_000_000)
    return path


# What is written is read --------------------------------------------------------------------------------------------


def test_the_book_lies_beside_the_journal() -> None:
    assert book_path(Path("/var/lib/atsuen/journal.sqlite3")) == Path("/var/lib/atsuen/journal.book.sqlite3")


def test_no_book_has_no_entries_and_reading_makes_none(book: Book) -> None:
    assert (book.entries(), book.head(), verify_book(book.path)) == ([], "", VerifiedBook(0, "", ()))
    assert not book.path.exists()


def test_every_kind_comes_back_as_it_was_written(written: Path) -> None:
    entries = Book(written).entries()
    assert [entry.content for entry in entries] == CONTENTS
    assert [entry.number for entry in entries] == list(range(1, len(CONTENTS) + 1))
    assert entries[0] == Entry(1, 1_700_000_000_000, "計量責任者", "検針", "WO-114", CONTENTS[0])
    assert set(map(type, CONTENTS)) == set(KINDS.values())


def test_the_chain_is_as_documented(book: Book) -> None:
    """Computed here from the documented form, by hand."""
    book.append([draft(Withdrawal(9)), Draft("A", "b", "", Answer("gap"))], 5)
    first = sha256('[1,5,"計量責任者","検針","WO-114","withdrawal","{\\"number\\":9}"]'.encode())
    second = sha256(first.digest() + b'[2,5,"A","b","","answer","{\\"finding\\":\\"gap\\"}"]')
    assert book.head() == second.hexdigest()


def test_a_withdrawn_entry_stands_no_more(book: Book) -> None:
    book.append([draft(Exclusion("a", 0, 1)), draft(Exclusion("b", 0, 1)), draft(Withdrawal(1))], 0)
    assert [entry.number for entry in standing(book.entries())] == [2]


def test_a_copy_of_the_file_is_the_whole_book(book: Book, tmp_path: Path) -> None:
    book.append([draft(Answer("x"))], 0)
    assert [path.name for path in tmp_path.iterdir()] == ["journal.book.sqlite3"]


# All or nothing -----------------------------------------------------------------------------------------------------


def test_several_entries_are_appended_or_none(book: Book) -> None:
    book.append([draft(Answer("first"))], 0)
    head = book.head()
    with pytest.raises(BookError, match="CHECK constraint"):
        book.append([draft(Answer("second")), draft(Answer("third"), reason="")], 0)
    assert (book.head(), len(book.entries())) == (head, 1)
    assert [entry.number for entry in book.append([draft(Answer("second"))], 0)] == [2]


def test_what_the_check_refuses_is_not_written(book: Book) -> None:
    def refuse(entries: list[Entry]) -> None:
        raise ValueError(f"{len(entries)} is enough")

    book.append([draft(Answer("first"))], 0)
    with pytest.raises(ValueError, match="1 is enough"):
        book.append([draft(Answer("second"))], 0, refuse)
    assert len(book.entries()) == 1


def test_people_who_write_at_once_are_all_kept_in_one_chain(book: Book) -> None:
    seen: list[int] = []

    def write(name: int) -> None:
        Book(book.path).append(
            [draft(Answer(f"{name}.{i}")) for i in range(5)], name, lambda all_: seen.append(len(all_))
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert sorted(seen) == [0, 5, 10, 15, 20, 25, 30, 35]  # each check saw the book that it was appended to
    findings = [entry.content.finding for entry in book.entries() if isinstance(entry.content, Answer)]
    assert sorted(findings) == sorted(f"{name}.{i}" for name in range(8) for i in range(5))
    assert verify_book(book.path).problems == ()
    assert [path.name for path in book.path.parent.iterdir()] == [book.path.name]


def test_a_process_that_dies_while_writing_leaves_the_book_as_it_was(book: Book) -> None:
    """The pages are forced to the file before the commit, so that the next one to read has to take them back."""
    book.append([draft(Answer("first"))], 0)
    before = book.path.read_bytes()
    code = (
        "import os, sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "db.execute('PRAGMA cache_size = 1'); db.execute('PRAGMA cache_spill = 1'); db.execute('BEGIN IMMEDIATE')\n"
        "for n in range(2, 200):\n"
        "    db.execute('INSERT INTO entry VALUES (?, 0, ?, ?, ?, ?, ?, zeroblob(32))', (n, *['x' * 900] * 5))\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(book.path)], check=False, timeout=60)
    assert book.path.read_bytes() != before
    assert len(book.entries()) == 1
    assert verify_book(book.path).problems == ()


def test_somebody_who_holds_the_book_is_named_as_the_reason(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.storage.book._WAIT_S", 0.05)
    book.append([draft(Answer("first"))], 0)
    holder = sqlite3.connect(book.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(BookError, match="somebody else is writing it"):
        book.append([draft(Answer("second"))], 0)
    assert len(book.entries()) == 1
    holder.close()


def test_a_folder_that_is_none_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(BookError, match="cannot begin the book"):
        Book(tmp_path / "file" / "journal.book.sqlite3").append([draft(Answer("x"))], 0)


# Nothing is changed, and what is changed is found --------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entry SET person = 'other' WHERE number = 2",
        "DELETE FROM entry WHERE number = 11",
        "INSERT INTO entry SELECT 99, time_ms, person, reason, document, kind, content, hash FROM entry LIMIT 1",
        "REPLACE INTO entry SELECT 2, time_ms, person, reason, document, kind, content, hash FROM entry LIMIT 1",
        "INSERT INTO entry SELECT NULL, time_ms, person, reason, document, kind, content, hash FROM entry LIMIT 1",
    ],
)
def test_the_file_itself_refuses_changes(written: Path, change: str) -> None:
    connection = sqlite3.connect(written)
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(change)
    connection.close()


def tampered(written: Path, folder: Path, script: str) -> Path:
    """A copy of the book, changed by somebody who has removed its triggers first."""
    path = folder / "tampered.sqlite3"
    shutil.copy(written, path)
    connection = sqlite3.connect(path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.executescript(script)
    connection.close()
    return path


SWAP_2_AND_3 = """
    UPDATE entry SET number = 99 WHERE number = 2;
    UPDATE entry SET number = 2 WHERE number = 3;
    UPDATE entry SET number = 3 WHERE number = 99
"""


@pytest.mark.parametrize(
    ("script", "named"),
    [
        ("UPDATE entry SET person = 'maintenance' WHERE number = 4", ["entry 4 is not what was written"]),
        ("UPDATE entry SET reason = reason || ' ' WHERE number = 1", ["entry 1 is not what was written"]),
        ("UPDATE entry SET document = '' WHERE number = 11", ["entry 11 is not what was written"]),
        ("UPDATE entry SET time_ms = time_ms + 1 WHERE number = 2", ["entry 2 is not what was written"]),
        ("UPDATE entry SET kind = 'assertion' WHERE number = 5", ["entry 5 is not", "entry 5 cannot be read"]),
        ("UPDATE entry SET content = replace(content, '670', '671') WHERE number = 1", ["entry 1 is not"]),
        ("UPDATE entry SET hash = zeroblob(32) WHERE number = 6", ["entry 6 is not", "entry 7 is not"]),
        ("DELETE FROM entry WHERE number = 3", ["entry 3 is missing"]),
        ("DELETE FROM entry WHERE number IN (1, 2)", ["entries 1 to 2 are missing"]),
        (
            "DELETE FROM entry WHERE number = 3; UPDATE entry SET number = number - 1 WHERE number > 3",
            [f"entry {number} is not what was written" for number in range(3, 11)],
        ),
        (
            SWAP_2_AND_3,
            ["entry 2 is not", "entry 3 is not", "entry 4 is not"],
        ),
        (
            "INSERT INTO entry SELECT 12, time_ms, person, reason, document, kind, content, hash FROM entry LIMIT 1",
            ["entry 12 is not what was written"],
        ),
        (
            "INSERT INTO entry SELECT 0, time_ms, person, reason, document, kind, content, hash FROM entry LIMIT 1",
            ["entry 0 has no place in the book", "entry 1 is not"],
        ),
    ],
)
def test_any_tampering_is_found_and_named(written: Path, tmp_path: Path, script: str, named: list[str]) -> None:
    path = tampered(written, tmp_path, script)
    problems = verify_book(path).problems
    assert len(problems) == len(named)
    assert all(problem.startswith(name) for problem, name in zip(problems, named, strict=True))
    for use in (Book(path).entries, Book(path).head, lambda: Book(path).append([draft(Answer("x"))], 0)):
        with pytest.raises(BookError, match=r"put your newest copy in its place"):
            use()


def test_what_is_cut_off_at_the_end_shows_in_the_newest_hash(written: Path, tmp_path: Path) -> None:
    found = verify_book(tampered(written, tmp_path, "DELETE FROM entry WHERE number > 9"))
    assert (found.entries, found.problems) == (9, ())
    assert found.head != Book(written).head()


@pytest.mark.parametrize("keep", [0, 10, 100, 4096, 6000, -1])
def test_a_damaged_file_is_refused_and_left_as_it_is(written: Path, tmp_path: Path, keep: int) -> None:
    path = tmp_path / "journal.book.sqlite3"
    path.write_bytes(written.read_bytes()[:keep])
    before = path.read_bytes()
    for use in (Book(path).entries, Book(path).verify, lambda: Book(path).append([draft(Answer("x"))], 0)):
        with pytest.raises(BookError, match=r"journal\.book\.sqlite3.*put your newest copy in its place"):
            use()
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]


def test_a_newer_book_is_not_touched(written: Path, tmp_path: Path) -> None:
    path = tampered(written, tmp_path, "PRAGMA user_version = 2")
    with pytest.raises(BookError, match="written by a newer Atsuen"):
        Book(path).entries()


# The text of an entry -----------------------------------------------------------------------------------------------

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(NUMBERS, TEXTS, st.integers(-(2**60), 2**60))
def test_any_number_and_text_comes_back_digit_by_digit(number: Decimal, text: str, time_utc_s: int) -> None:
    content = Reading(text, time_utc_s, number)
    back = decode("reading", encode(content))
    assert back == content
    assert isinstance(back, Reading)
    assert str(back.register) == str(number)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_what_is_no_number_cannot_be_written(number: str) -> None:
    with pytest.raises(TypeError):
        encode(Reading("meter.energy", 0, Decimal(number)))


GOOD = {"point": "meter.energy", "time_utc_s": 1800, "register": "5.0"}


@pytest.mark.parametrize(
    "change",
    [
        {"register": 5},
        {"register": 5.0},
        {"register": "NaN"},
        {"register": "Infinity"},
        {"register": "5,0"},
        {"register": "５"},
        {"register": " 5"},
        {"register": "1_000"},
        {"register": ""},
        {"register": None},
        {"time_utc_s": "1800"},
        {"time_utc_s": 1800.0},
        {"time_utc_s": True},
        {"point": 7},
        {"point": None},
        {"note": "planted"},
    ],
)
def test_a_text_that_could_not_have_been_written_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"cannot stand here|is no number|not written as|unknown field"):
        decode("reading", json.dumps(GOOD | change))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("reading", "[]"),
        ("reading", "{"),
        ("reading", '{"point":"a.b","register":"1"}'),
        ("reading", '{"point":"a.b","register":"1","register":"2","time_utc_s":0}'),
        ("reading", '{"point":"a.b","register":NaN,"time_utc_s":0}'),
        ("guess", "{}"),
        ("withdrawal", '{"number":"1"}'),
        ("closing", '{"fiscal_year":2025,"revision":1,"is_provisional":0}'),
        ("substitution", '{"stream":"a","from_utc_s":0,"to_utc_s":1800,"method":"guess"}'),
        ("invoice", '{"stream":"a","from_utc_s":0,"to_utc_s":1800,"quantity":"1","state":"stp"}'),
    ],
)
def test_other_texts_that_are_refused(kind: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(kind, text)


def test_a_field_that_came_later_may_be_absent() -> None:
    text = '{"stream":"gas","from_utc_s":0,"to_utc_s":1800,"quantity":"1.50"}'
    assert decode("invoice", text) == Invoice("gas", 0, 1800, Decimal("1.50"))


@pytest.mark.parametrize("content", CONTENTS, ids=kind_of)
def test_equal_contents_are_equal_texts(content: Content) -> None:
    assert encode(content) == encode(replace(content))
    assert decode(kind_of(content), encode(content)) == content
