"""Both languages say the same, every text is used, and none hides one that operators know."""

import re
from enum import StrEnum
from pathlib import Path

import pytest

from agent.accounting.entries import SubstitutionMethod
from agent.accounting.factors import Basis, ElectricityKind, Quantity
from agent.accounting.gas_volume import ReferenceState
from agent.accounting.interval import Method
from agent.reports.report_texts import REPORT_TEXTS, ReportTexts
from agent.texts import _TEXTS

REPORTS = Path(__file__).parents[3] / "agent" / "reports"


@pytest.mark.parametrize("key", sorted(REPORT_TEXTS))
def test_both_languages_fill_in_the_same_values(key: str) -> None:
    english, japanese = (set(re.findall(r"{(\w+)", text)) for text in REPORT_TEXTS[key])
    assert english == japanese
    assert all(text.strip() for text in REPORT_TEXTS[key])


def test_every_text_is_used() -> None:
    files = [path for path in REPORTS.rglob("*") if path.suffix in {".py", ".j2"} and path.name != "report_texts.py"]
    sources = "".join(path.read_text(encoding="utf-8") for path in files)
    assert [key for key in REPORT_TEXTS if not is_used(key, sources)] == []


def is_used(key: str, sources: str) -> bool:
    """Whether a key stands in the sources, whole or as a beginning that something is put behind."""
    beginnings = (key[: match.end()] for match in re.finditer("_", key))
    return f'"{key}"' in sources or any(f'f"{part}{{' in sources for part in beginnings)


@pytest.mark.parametrize(
    ("prefix", "kinds"),
    [
        ("quantity", Quantity),
        ("basis", Basis),
        ("power", ElectricityKind),
        ("state", ReferenceState),
        ("method", Method),
        ("stand_in", SubstitutionMethod),
    ],
)
def test_every_kind_has_its_words(prefix: str, kinds: type[StrEnum]) -> None:
    words = {key.removeprefix(f"{prefix}_") for key in REPORT_TEXTS if key.startswith(f"{prefix}_")}
    assert words == set(kinds)


def test_no_key_stands_twice() -> None:
    assert set(REPORT_TEXTS) & set(_TEXTS) == set()
    assert ReportTexts("ja")("energy") == "エネルギー"
    with pytest.raises(KeyError):
        ReportTexts("en")("nothing of that name")
