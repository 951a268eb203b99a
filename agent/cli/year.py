"""The command `close`: a fiscal year is closed, or what it lacks is listed."""

import argparse
import json
import sys
from datetime import datetime

from rich.console import Console

from agent.accounting.gate import Finding
from agent.cli.parsers import AddCommand, Subparsers
from agent.clock import SystemClock
from agent.close import Closed, Gate, close_year, examine_year
from agent.reports.table import Column, Row, Table, as_records, for_people
from agent.reports.words import finding_details
from agent.settings.site import load_site
from agent.submission.canonical import SubmissionError
from agent.submission.difference import Difference
from agent.submission.parts import Approval
from agent.submit import Wanted
from agent.texts import Texts, texts_for

OK, FAILED, WRONG_USAGE = 0, 1, 2


def add_parsers(subparsers: Subparsers, add_command: AddCommand) -> None:
    """Add `close`."""
    parser = add_command(subparsers, "close", close, "close a fiscal year, or list what it still lacks")
    parser.add_argument("--fiscal-year", type=int, required=True)
    parser.add_argument("--check", action="store_true", help="close nothing; list what the gate finds")
    parser.add_argument("--verify", action="store_true", help="hash the whole ledger again first")
    parser.add_argument("--company", help="the company in the association's roster (default: site.company)")
    parser.add_argument("--approved-by", metavar="NAME", help="who approves the figures")
    parser.add_argument("--approved-on", metavar="DAY", help="when, as 2024-06-14 (default: today)")
    parser.add_argument("--reason", default="year closed", metavar="TEXT", help="why, above all for a new revision")
    parser.add_argument("--provisional", action="store_true", help="provisional figures, whatever the gate finds")
    parser.add_argument("--through", metavar="MONTH", help="the last month of provisional figures, as 2023-09")
    parser.add_argument("--scheme", help="another scheme than the site's")


def close(options: argparse.Namespace) -> int:
    """Close a year; 1 with the list of findings while the gate does not hold."""
    site, texts = load_site(options.folder), texts_for(options.lang)
    company = options.company or site.file.site.company
    if not options.check and not (company and options.approved_by):
        print("--approved-by is needed, and --company or site.company", file=sys.stderr)
        return WRONG_USAGE
    now_ms = SystemClock().now_ms()
    today = datetime.fromtimestamp(now_ms // 1000, site.file.site.zone).date().isoformat()
    try:
        gate = examine_year(site, options.fiscal_year, now_ms // 1000, verify=options.verify)
        if options.check or (gate.holds_up and not options.provisional):
            return _tell_gate(options, texts, gate)
        wanted = Wanted(
            options.fiscal_year,
            str(company),
            Approval(person=options.approved_by, day=options.approved_on or today),
            is_provisional=options.provisional,
            through=options.through,
            scheme=options.scheme,
        )
        closed = close_year(site, wanted, gate, options.reason, now_ms)
    except SubmissionError as error:
        print(error, file=sys.stderr)
        return FAILED
    except ValueError as error:
        print(error, file=sys.stderr)
        return FAILED
    return _tell_closed(options, texts, closed)


def _tell_gate(options: argparse.Namespace, texts: Texts, gate: Gate) -> int:
    """Each finding with what to do; 0 when none keeps the year open."""
    if options.json:
        print(json.dumps({"closed": False, "findings": [_record(texts, f) for f in gate.findings]}, ensure_ascii=False))
    else:
        for finding in gate.findings:
            mark = "✓" if not finding.holds_up else "✗"
            print(f"{mark} {message_of(texts, finding)}")
            for line in advice_of(texts, finding):
                print(f"    {line}")
        key = "close_refused" if gate.holds_up else "close_would"
        print(texts(key, year=options.fiscal_year, count=len(gate.holds_up)))
    return FAILED if gate.holds_up else OK


def message_of(texts: Texts, finding: Finding) -> str:
    """A finding in the reader's language."""
    return texts(f"finding_{finding.kind.value}", **finding_details(texts, {}, finding.details))


def advice_of(texts: Texts, finding: Finding) -> list[str]:
    """What to do about a finding; the answer where one was given."""
    if finding.answer and finding.can_be_answered:
        return [texts("finding_answer", answer=finding.answer)]
    advice = [texts(f"todo_{finding.kind.value}")]
    return [*advice, texts("todo_answer", finding=finding.key)] if finding.can_be_answered else advice


def _record(texts: Texts, finding: Finding) -> dict[str, object]:
    return {
        "key": finding.key,
        "kind": finding.kind.value,
        "details": dict(finding.details),
        "message": message_of(texts, finding),
        "answer": finding.answer,
        "holds_up": finding.holds_up,
    }


def _tell_closed(options: argparse.Namespace, texts: Texts, closed: Closed) -> int:
    revision, table = closed.submission.revision, _difference_table(texts, closed)
    if options.json:
        result = {
            "closed": True,
            "is_new": closed.is_new,
            "revision": revision,
            "status": closed.submission.status.value,
            "file": str(closed.path),
            "differences": as_records(table),
        }
        print(json.dumps(result, ensure_ascii=False))
        return OK
    if closed.differences:
        console = Console(markup=False)
        console.print(for_people(table, console.width))
    key = "close_unchanged" if not closed.is_new else f"close_{'provisional' if options.provisional else 'done'}"
    print(texts(key, year=options.fiscal_year, revision=revision, file=closed.path))
    return OK


def _difference_table(texts: Texts, closed: Closed) -> Table:
    """What differs from the revision before, line by line."""
    columns = (
        Column("line", texts("close_line")),
        Column("field", texts("close_field")),
        Column("before", texts("close_before")),
        Column("after", texts("close_after")),
        Column("change", texts("close_change")),
    )
    year, revision = closed.submission.fiscal_year, closed.submission.revision
    title = texts("close_differences", year=year, revision=revision)
    return Table(title, columns, tuple(_difference_row(difference) for difference in closed.differences))


def _difference_row(found: Difference) -> Row:
    values = (found.before, found.after, found.change)
    return (found.line, found.field, *(None if value is None else str(value) for value in values))
