"""The command `ledger verify`."""

import argparse
import json
import sys
from dataclasses import asdict

from agent.cli.parsers import AddCommand, Subparsers
from agent.settings.site import load_site
from agent.storage.book import book_path, verify_book
from agent.storage.ledger import Ledger
from agent.texts import texts_for


def add_parsers(subparsers: Subparsers, add_command: AddCommand) -> None:
    """Add `ledger`."""
    ledger = subparsers.add_parser("ledger", help="the record that figures rest on")
    inside = ledger.add_subparsers(required=True, metavar="ACTION")
    purpose = "hash every half hour, event and entry of the book again, against the chains"
    add_command(inside, "verify", verify_ledger, purpose)


def verify_ledger(options: argparse.Namespace) -> int:
    """Hold ledger and book against their chains of hashes; 1 when a row was changed, removed or inserted."""
    site = load_site(options.folder)
    journal = site.path(site.file.journal.path)
    ledger = Ledger(journal)
    try:
        found = ledger.verify(site.file.site.zone)
    finally:
        ledger.close()
    book = verify_book(book_path(journal))
    problems = (*found.problems, *book.problems)
    texts = texts_for(options.lang)
    if options.json:
        print(json.dumps(asdict(found) | {"holds": not problems, "book": asdict(book)}, ensure_ascii=False))
    else:
        for problem in problems:
            print(problem, file=sys.stderr)
        key = "ledger_broken" if found.problems else "ledger_holds"
        print(texts(key, seals=f"{found.seals:,}", rows=f"{found.rows:,}", head=found.head))
        key = "book_broken" if book.problems else "book_holds"
        print(texts(key, entries=f"{book.entries:,}", head=book.head))
    return 1 if problems else 0
