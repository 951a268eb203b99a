"""The command `ledger verify`."""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from agent.accounting.entries import Entry
from agent.accounting.gate import Remark
from agent.cli.parsers import AddCommand, Subparsers
from agent.close import answers_of
from agent.ledger_remarks import anchors_of, head_remark, loss_remark
from agent.settings.site import load_site
from agent.storage.book import Book, VerifiedBook, book_path, verify_book
from agent.storage.ledger import Ledger
from agent.storage.verify import Anchor, Verified
from agent.texts import Texts, texts_for


class State(StrEnum):
    """What can be said of the ledger."""

    WHOLE = "whole"
    LACKING = "lacking"
    """Part of it is lost and stated to be; everything else is as it was written."""
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What verifying gave, and the answers that the book has for it, by finding."""

    ledger: Verified
    book: VerifiedBook
    answers: dict[str, str]

    @property
    def state(self) -> State:
        """What can be said of the ledger, whatever was answered."""
        if self.ledger.problems or self.ledger.contradicted:
            return State.BROKEN
        return State.LACKING if self.ledger.losses else State.WHOLE

    @property
    def open(self) -> int:
        """How many stated losses nobody has answered."""
        return sum(loss.key not in self.answers for loss in self.ledger.losses)

    @property
    def passes(self) -> bool:
        """Whether nothing is left for a person to look at."""
        return self.state is not State.BROKEN and not self.open and not self.book.problems


def add_parsers(subparsers: Subparsers, add_command: AddCommand) -> None:
    """Add `ledger`."""
    ledger = subparsers.add_parser("ledger", help="the record that figures rest on")
    inside = ledger.add_subparsers(required=True, metavar="ACTION")
    purpose = "hash every half hour, event and entry of the book again, against the chains"
    parser = add_command(inside, "verify", verify_ledger, purpose)
    parser.add_argument(
        "--head",
        type=_hash,
        action="append",
        default=[],
        metavar="HASH",
        help="a hash noted earlier: it has to be there",
    )


def _hash(text: str) -> str:
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise argparse.ArgumentTypeError(f"{text}: a hash of the ledger has 64 digits, 0 to 9 and a to f")
    return text


def verify_ledger(options: argparse.Namespace) -> int:
    """Hold ledger and book against their chains of hashes; 0 when both hold, but for losses that were answered.

    1 when a row was changed, removed or inserted, when a hash that a year was closed with, or that was noted, is not in
    the chain, or when a stated loss has no answer yet.
    """
    site = load_site(options.folder)
    journal, zone = site.path(site.file.journal.path), site.file.site.zone
    book = verify_book(book_path(journal))
    entries: Sequence[Entry] = () if book.problems else Book(book_path(journal)).entries()
    ledger = Ledger(journal)
    try:
        noted = [Anchor("--head", head) for head in options.head]
        found = ledger.verify(zone, [*anchors_of(entries), *noted])
    finally:
        ledger.close()
    verdict = _Verdict(found, book, answers_of(entries))
    if options.json:
        print(json.dumps(_record(verdict), ensure_ascii=False))
    else:
        _tell(texts_for(options.lang), verdict, zone)
    return 0 if verdict.passes else 1


def _record(verdict: _Verdict) -> dict[str, object]:
    losses = [
        asdict(loss) | {"key": loss.key, "answer": verdict.answers.get(loss.key, "")} for loss in verdict.ledger.losses
    ]
    return asdict(verdict.ledger) | {
        "state": verdict.state.value,
        "holds": verdict.state is State.WHOLE and not verdict.book.problems,
        "losses": losses,
        "book": asdict(verdict.book),
    }


def _tell(texts: Texts, verdict: _Verdict, zone: ZoneInfo) -> None:
    found, book = verdict.ledger, verdict.book
    for line in (*found.problems, *book.problems, *_contradictions(texts, verdict), *_losses(texts, verdict, zone)):
        print(line, file=sys.stderr)
    key = {State.WHOLE: "ledger_holds", State.LACKING: "ledger_lacks", State.BROKEN: "ledger_broken"}[verdict.state]
    numbers = {"seals": f"{found.seals:,}", "rows": f"{found.rows:,}", "head": found.head}
    print(texts(key, **numbers, count=len(found.losses), open=verdict.open))
    key = "book_broken" if book.problems else "book_holds"
    print(texts(key, entries=f"{book.entries:,}", head=book.head))


def _contradictions(texts: Texts, verdict: _Verdict) -> Iterator[str]:
    for anchor in verdict.ledger.contradicted:
        yield from _with_answer(texts, verdict, head_remark(anchor))


def _losses(texts: Texts, verdict: _Verdict, zone: ZoneInfo) -> Iterator[str]:
    """Each loss, what was closed over it, and its answer or how to give one."""
    for loss in verdict.ledger.losses:
        yield from _with_answer(texts, verdict, loss_remark(loss, zone))
        for number, anchor in verdict.ledger.undermined:
            if number == loss.number:
                yield f"    {texts('ledger_undermined', closing=anchor.name)}"


def _with_answer(texts: Texts, verdict: _Verdict, remark: Remark) -> Iterator[str]:
    yield texts(f"finding_{remark.kind.value}", **remark.details)
    if remark.key in verdict.answers:
        yield f"    {texts('finding_answer', answer=verdict.answers[remark.key])}"
    else:
        yield f"    {texts(f'todo_{remark.kind.value}')}"
        yield f"    {texts('todo_answer', finding=remark.key)}"
