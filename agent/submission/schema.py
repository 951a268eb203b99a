"""The published JSON Schema of a submission: what its form is, for programs of others. Figures are not in it.

`python -m agent.submission.schema docs/reference/submission-1.schema.json` writes it again after a change.
"""

import json
import sys
from pathlib import Path
from typing import Any

from agent.submission.document import SCHEMA, Submission


def schema_text() -> str:
    """The schema. Every field is required, because a canonical document writes every one."""
    schema = Submission.model_json_schema(mode="serialization")
    for record in (schema, *schema["$defs"].values()):
        _require_all(record)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:{SCHEMA.replace('/', ':')}"}
    return json.dumps(head | schema, indent=2, ensure_ascii=False) + "\n"


def _require_all(record: dict[str, Any]) -> None:
    """Pydantic's schema of one record, without defaults and titles, which say nothing about a canonical document."""
    if "properties" not in record:
        return
    record["required"] = sorted(record["properties"])
    for field in record["properties"].values():
        field.pop("default", None)
        field.pop("title", None)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema_text(), encoding="utf-8")
