"""The command `correct`: a person's declaration becomes an entry of the book, or a line that says why it does not."""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from agent.accounting.entries import Draft, Entry, MeterReplacement, Withdrawal
from agent.accounting.entry_rules import years_to_close_again
from agent.cli.correct_kinds import add_fields, typed_values
from agent.cli.parsers import AddCommand, Subparsers
from agent.cli.refused import tell_refused
from agent.clock import SystemClock
from agent.correction_kinds import KINDS, Kind
from agent.corrections import CorrectionError, unit_of
from agent.declare import declare
from agent.reports.book import EntryWriter, withdrawn_by
from agent.reports.table import Table, as_records, for_people
from agent.settings.site import Site, load_site
from agent.storage.book import Book, book_path
from agent.texts import LANGUAGES, Texts, texts_for
from agent.typed import TypedError, read_text

OK, FAILED, WRONG_USAGE = 0, 1, 2

ShowChange = Callable[[Site, Sequence[Entry], Sequence[Entry], Texts], Sequence[Table]]
"""Draws the figures that differ between two states of the book: without, and with the new entries."""


def show_no_change(_: Site, _before: Sequence[Entry], _after: Sequence[Entry], _texts: Texts) -> Sequence[Table]:
    """Draws nothing."""
    return ()


def add_parsers(
    subparsers: Subparsers,
    add_command: AddCommand,
    show_change: ShowChange = show_no_change,
) -> None:
    """Add `correct` and its kinds. `show_change` draws the figures before and after for `--dry-run`."""
    whole = add_command(subparsers, "correct", correct, "declare what corrects the figures, or list it")
    _add_words(whole, "")
    whole.set_defaults(show_change=show_change, dry_run=False)
    inside = whole.add_subparsers(required=True, metavar="KIND")
    repeated = [_repeated_options()]
    for kind in KINDS:
        purpose = kind.purpose[0]
        parser = inside.add_parser(kind.command, help=purpose, description=purpose, parents=repeated)
        parser.set_defaults(kind=kind)
        parser.add_argument("--dry-run", action="store_true", help="append nothing; show what would change")
        add_fields(parser, kind)
    purpose = "all entries of the book, the withdrawn ones too"
    inside.add_parser("list", help=purpose, description=purpose, parents=repeated).set_defaults(command=show)


def correct(options: argparse.Namespace) -> int:
    """Append one entry, or say what it would be; 2 for what cannot be understood, 1 for what may not stand."""
    site = load_site(options.folder)
    try:
        draft = _draft(options, site)
        done = declare(site, draft, SystemClock().now_ms(), is_trial=options.dry_run)
    except (TypedError, CorrectionError) as error:
        tell_refused(options, error.reasons)
        return WRONG_USAGE if isinstance(error, TypedError) else FAILED
    after = [*done.before, *done.added]
    tables = options.show_change(site, done.before, after, texts_for(options.lang)) if options.dry_run else ()
    _tell(options, site, _notes(options, site, draft, done.before), done.added, tables)
    return OK


def show(options: argparse.Namespace) -> int:
    """Print the whole book; the newest hash, noted elsewhere, proves later that nothing was cut off."""
    site = load_site(options.folder)
    book = Book(book_path(site.path(site.file.journal.path)))
    entries, head = book.entries(), book.head()
    writer, texts = _writer(options, site), texts_for(options.lang)
    withdrawn = withdrawn_by(entries)
    if options.json:
        print(json.dumps({"entries": [writer.record(e, withdrawn) for e in entries], "head": head}, ensure_ascii=False))
    elif not entries:
        print(texts("book_empty"))
    else:
        print("\n".join(writer.paragraph(entry, withdrawn) for entry in entries))
        print(texts("book_head", head=head))
    return OK


def _draft(options: argparse.Namespace, site: Site) -> Draft:
    kind: Kind = options.kind
    person, reason, document = (read_text(words) for words in (options.person, options.reason, options.document))
    return Draft(person, reason, document, kind.content(typed_values(options, kind), site))


def _notes(options: argparse.Namespace, site: Site, draft: Draft, entries: Sequence[Entry]) -> list[str]:
    """What is to be done next, so that the figures follow."""
    texts, content = texts_for(options.lang), draft.content
    notes = [
        texts("correct_close_again", year=year.fiscal_year, number=year.closed_by, revision=year.revision)
        for year in years_to_close_again([draft], entries, site.file.site.zone)
    ]
    if isinstance(content, Withdrawal):
        content = next((entry.content for entry in entries if entry.number == content.number), content)
    if isinstance(content, MeterReplacement):
        notes.append(texts("correct_reload"))
    return notes


def _tell(
    options: argparse.Namespace, site: Site, notes: Sequence[str], entries: Sequence[Entry], tables: Sequence[Table]
) -> None:
    writer, texts = _writer(options, site), texts_for(options.lang)
    if options.json:
        records = [writer.record(entry, {}) for entry in entries]
        changed = {table.title: as_records(table) for table in tables}
        result = {"appended": not options.dry_run, "entries": records, "notes": notes, "changed": changed}
        print(json.dumps(result, ensure_ascii=False))
        return
    for entry in entries:
        key = "correct_would_append" if options.dry_run else "correct_appended"
        print(texts(key, entry=writer.line(entry)))
    console = Console(markup=False)
    for table in tables:
        console.print(for_people(table, console.width))
    for note in notes:
        print(note)


def _writer(options: argparse.Namespace, site: Site) -> EntryWriter:
    def unit(name: str) -> str:
        try:
            return unit_of(site, name)
        except TypedError:
            return ""

    return EntryWriter(texts_for(options.lang), site.file.site.zone, unit)


def _repeated_options() -> argparse.ArgumentParser:
    """What may stand behind the kind as well as before it; where it is not given, what stands before it holds."""
    parser = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    parser.add_argument("-c", dest="folder", type=Path, help="the site's directory")
    parser.add_argument("--lang", choices=LANGUAGES, help="language of the output (default: the locale's)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    _add_words(parser, argparse.SUPPRESS)
    return parser


def _add_words(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument("--person", default=default, metavar="NAME", help="who declares it")
    parser.add_argument("--reason", default=default, metavar="TEXT", help="why")
    parser.add_argument("--document", default=default, metavar="REF", help="the document that says so")
