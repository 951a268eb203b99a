"""What the tests of this case share: its documents, and the figures of the published form."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from agent.submission.document import Submission
from agent.submission.examine import Opened, open_unverified

FOLDER = Path(__file__).parent
JsonHolds = Callable[[Mapping[str, Any]], None]


@pytest.fixture(scope="session", name="opened")
def fixture_opened() -> dict[str, Opened]:
    """The signed files of the case by name, in order."""
    paths = sorted((FOLDER / "documents").glob("*.jws"))
    return {path.name: open_unverified(path.read_bytes()) for path in paths}


@pytest.fixture(scope="session", name="documents")
def fixture_documents(opened: dict[str, Opened]) -> tuple[Submission, ...]:
    return tuple(each.submission for each in opened.values())


@pytest.fixture(scope="session", name="expected_rows")
def fixture_expected_rows() -> list[list[str]]:
    """Table, row and printed cells of each row that was typed from the published form."""
    with (FOLDER / "expected-tables.csv").open(encoding="utf-8") as file:
        return [row for row in csv.reader(file, delimiter=";") if row and not row[0].startswith("#")]


@pytest.fixture(scope="session", name="assert_printed")
def fixture_assert_printed(expected_rows: list[list[str]]) -> JsonHolds:
    """Holds every cell of a form's JSON against the published form."""

    def assert_printed(form: Mapping[str, Any]) -> None:
        tables = {table["id"]: {row["id"]: row["cells"] for row in table["rows"]} for table in form["tables"]}
        assert len(expected_rows) >= 100
        for table, row, *cells in expected_rows:
            assert [cell["printed"] for cell in tables[table][row]] == cells, (table, row)

    return assert_printed
