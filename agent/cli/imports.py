"""The command `import`: readings, production and invoices from CSV or XLSX into the book, after a dry run."""

import argparse
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from rich.console import Console

from agent.accounting.entries import Assertion, BookedQuantity, Draft, Invoice, Reading
from agent.cli.correct import ShowChange, show_no_change
from agent.cli.parsers import AddCommand, Subparsers
from agent.cli.refused import tell_refused
from agent.clock import SystemClock
from agent.corrections import CorrectionError, check_drafts, unit_of
from agent.imports import Imported, ImportRules, read_import
from agent.reports.table import Column, Table, Value, as_records, for_people
from agent.settings.mistakes import SettingsError
from agent.settings.site import Site, load_site
from agent.sheets.files import read_sheets
from agent.storage.book import Book, book_path
from agent.storage.entry_codec import kind_of
from agent.texts import Texts, texts_for
from agent.typed import TypedError, read_number, read_text

OK, FAILED, WRONG_USAGE, WRONG_CONFIGURATION = 0, 1, 2, 78


def add_parsers(subparsers: Subparsers, add_command: AddCommand, show_change: ShowChange = show_no_change) -> None:
    """Add `import`."""
    parser = add_command(subparsers, "import", import_file, "take readings, production and invoices from a sheet")
    parser.add_argument("file", type=Path, metavar="FILE", help="a .csv or .xlsx file")
    parser.add_argument("--apply", action="store_true", help="write the book (default: show what would change)")
    parser.add_argument("--person", required=True, metavar="NAME", help="who declares it")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why")
    parser.add_argument("--document", metavar="REF", help="the document (default: the file's name and SHA-256)")
    parser.add_argument("--fiscal-year", type=int, help="refuse what is not of this fiscal year")
    purpose = "invoices are held against the figures, or take their place"
    parser.add_argument("--invoices", choices=("assert", "override"), default="assert", help=purpose)
    parser.add_argument("--tolerance", default="1", metavar="PERCENT", help="of assertions that name none (default: 1)")
    parser.set_defaults(show_change=show_change)


def import_file(options: argparse.Namespace) -> int:
    """Show what a file would add to the book, and add it with --apply; all of it, or nothing and every mistake.

    2 for options that cannot be understood, 78 for a file that cannot be, 1 for what may not stand.
    """
    site, now_ms = load_site(options.folder), SystemClock().now_ms()
    try:
        found = _import(options, site, now_ms)
    except TypedError as error:
        tell_refused(options, error.reasons)
        return WRONG_USAGE
    except SettingsError as error:
        tell_refused(options, error.mistakes)
        return WRONG_CONFIGURATION
    except CorrectionError as error:
        tell_refused(options, error.reasons)
        return FAILED
    _tell(options, site, found, [_table(texts_for(options.lang), site, found), *_changes(options, site, found, now_ms)])
    return OK


def _import(options: argparse.Namespace, site: Site, now_ms: int) -> Imported:
    """What the file adds to the book; with --apply it stands there then."""
    person, reason, tolerance = read_text(options.person), read_text(options.reason), read_number(options.tolerance)
    grids = read_sheets(options.file)
    book = Book(book_path(site.path(site.file.journal.path)))
    entries = book.entries()
    document = options.document or f"{options.file.name}, SHA-256 {_digest(options.file)}"
    rules = ImportRules(person, reason, document, options.invoices, tolerance, options.fiscal_year)
    found = read_import(site, grids, entries, rules)
    check_drafts(site, found.drafts, entries, now_ms // 1000, found.places)
    if options.apply and found.drafts:
        book.append(found.drafts, now_ms, lambda there: check_drafts(site, found.drafts, there, now_ms // 1000))
    return found


def _changes(options: argparse.Namespace, site: Site, found: Imported, now_ms: int) -> Sequence[Table]:
    """The figures before and after, for a dry run."""
    if options.apply:
        return ()
    entries = Book(book_path(site.path(site.file.journal.path))).entries()
    added = [draft.as_entry(len(entries) + 1 + index, now_ms) for index, draft in enumerate(found.drafts)]
    shown: Sequence[Table] = options.show_change(site, entries, [*entries, *added], texts_for(options.lang))
    return shown


def _tell(options: argparse.Namespace, site: Site, found: Imported, tables: Sequence[Table]) -> None:
    texts = texts_for(options.lang)
    if options.json:
        result = {
            "applied": options.apply,
            "new": len(found.drafts),
            "known": found.known,
            "tables": {table.title: as_records(table) for table in tables},
        }
        print(json.dumps(result, ensure_ascii=False))
        return
    console = Console(markup=False)
    for table in tables:
        console.print(for_people(table, console.width))
    key = "import_applied" if options.apply else "import_would_apply"
    print(texts(key, new=len(found.drafts), known=found.known, site=site.file.site.id))


def _table(texts: Texts, site: Site, found: Imported) -> Table:
    """What is new: for each point or stream and kind, how many values, from when to when, and their sum."""
    groups: dict[tuple[str, str], list[Draft]] = {}
    for draft in found.drafts:
        groups.setdefault((kind_of(draft.content), _name(draft)), []).append(draft)
    columns = (
        Column("name", texts("stream")),
        Column("kind", texts("import_kind")),
        Column("values", texts("import_values"), 0),
        Column("from", texts("time")),
        Column("to", texts("import_to")),
        Column("sum", texts("import_sum")),
        Column("unit", texts("unit")),
    )
    rows = [_row(site, kind, name, drafts) for (kind, name), drafts in groups.items()]
    return Table(texts("import_new"), columns, tuple(rows))


def _row(site: Site, kind: str, name: str, drafts: Sequence[Draft]) -> tuple[Value, ...]:
    starts, ends, quantities = [], [], []
    for draft in drafts:
        content = draft.content
        if isinstance(content, Reading):
            starts.append(content.time_utc_s)
            ends.append(content.time_utc_s)
        elif isinstance(content, BookedQuantity | Invoice | Assertion):
            starts.append(content.from_utc_s)
            ends.append(content.to_utc_s)
            quantities.append(content.quantity)
    first, last = (
        datetime.fromtimestamp(utc_s, site.file.site.zone).strftime("%Y-%m-%d %H:%M")
        for utc_s in (min(starts), max(ends))
    )
    total = f"{sum(quantities):f}" if quantities else None
    return name, kind, len(drafts), first, last, total, unit_of(site, name)


def _name(draft: Draft) -> str:
    content = draft.content
    return content.point if isinstance(content, Reading | BookedQuantity) else getattr(content, "stream", "")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
