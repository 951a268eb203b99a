"""The published schema is that of the program, and a validator of another maker agrees with it."""

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # the library ships no types
import pytest

from agent.settings.resources import configs_folder
from agent.submission.canonical import write_document
from agent.submission.from_totals import read_totals
from agent.submission.schema import schema_text
from tests.agent.submission.conftest import Edit, Json
from tests.agent.submission.test_examine import edit

PUBLISHED = Path(__file__).parents[3] / "docs" / "reference" / "submission-1.schema.json"


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_published_schema_is_in_step() -> None:
    hint = "write it again: python -m agent.submission.schema docs/reference/submission-1.schema.json"
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text(), hint


def test_it_accepts_what_we_write(validator: Any, small: Json) -> None:
    validator.validate(small)
    example = read_totals(configs_folder() / "demo" / "totals-2023.toml", "by hand")
    validator.validate(json.loads(write_document(example)))


@pytest.mark.parametrize(
    "change",
    [
        edit("format", to="atsuen-submission/2"),
        edit("more", to=1),
        edit("energy", 0, "more", to=1),
        edit("fiscal_year", to="2023"),
        edit("revision", to=0),
        edit("status", to="done"),
        edit("through", to="2023-13"),
        edit("energy", 0, "quantity", to=250),
        edit("energy", 0, "quantity", to="2.5e2"),
        edit("energy", 0, "quantity", to="1,250"),
        edit("energy", 0, "quantity", to="-0"),
        edit("energy", 0, "kind", to="solar"),
        edit("energy", 1, "reference_state", to="stp"),
        edit("energy", 1, "shares", "expected_ms", to=-1),
        edit("participant", "company", to="Seto"),
        edit("approval", "person", to=""),
        edit("evidence", "ledger_head", to="abc"),
        edit("annual", "texts", to={"weather": "a"}),
        edit("totals", to=None),
        lambda document: document.pop("through"),
        lambda document: document["energy"][0].pop("metered"),
    ],
)
def test_it_refuses_what_is_wrong(validator: Any, small: Json, change: Edit) -> None:
    change(small)
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(small)
