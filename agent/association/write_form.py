"""Writes a printed form as files: workbooks and pages in both languages, and JSON. Computes nothing."""

import os
from datetime import UTC, datetime
from pathlib import Path

from agent.association.form_json import form_json
from agent.association.form_words import Language
from agent.association.publish import FormResult
from agent.association.render import form_report
from agent.reports.page import render_page
from agent.reports.workbook import workbook_bytes

STYLE = Path(__file__).parent / "templates" / "form.css"
LANGUAGES: tuple[Language, ...] = ("ja", "en")


def write_form(result: FormResult, out: Path, *, json_only: bool = False) -> list[Path]:
    """Write `form-2023-ja.xlsx` and its like into a folder, each file whole or not at all. Raises OSError."""
    out.mkdir(parents=True, exist_ok=True)
    name = f"form-{result.form.fiscal_year}"
    written = []
    for language in () if json_only else LANGUAGES:
        workbook = workbook_bytes(form_report(result, language, "sheets"), stated_day(result))
        written.append(_write(out / f"{name}-{language}.xlsx", workbook))
    for language in () if json_only else LANGUAGES:
        page = form_page(result, language)
        written.append(_write(out / f"{name}-{language}.html", page.encode("utf-8")))
    written.append(_write(out / f"{name}.json", form_json(result)))
    return written


def form_page(result: FormResult, language: Language) -> str:
    """The form as a page for print: upright A4, all in one file."""
    page = render_page(form_report(result, language, "pages"))
    head, end, body = page.partition("</style>")
    return f"{head}{STYLE.read_text(encoding='utf-8')}{end}{body}"


def stated_day(result: FormResult) -> datetime:
    """The date that a workbook states: the newest approval among the documents, else the end of the fiscal year."""
    days = [datetime.fromisoformat(fact.approved_day).replace(tzinfo=UTC) for fact in result.documents]
    return max(days, default=datetime(result.form.fiscal_year + 1, 3, 31, tzinfo=UTC))


def _write(path: Path, content: bytes) -> Path:
    """Write a file beside its place and move it there."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(content)
    os.replace(beside, path)
    return path
