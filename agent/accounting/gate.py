"""The completeness gate: what keeps a fiscal year from being closed, as findings that a person resolves or answers.

Pure: a statement, events, assertion results and answers in, findings out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from agent.accounting.interval import Event
from agent.accounting.shares import Shares
from agent.accounting.statement import Statement
from agent.accounting.streams import Stream


class FindingKind(StrEnum):
    """What may be wrong with a year."""

    NOT_OVER = "not_over"
    NO_ENERGY = "no_energy"
    """A stream has no energy: its factor is missing, or nothing is known of it."""
    MONTH_INCOMPLETE = "month_incomplete"
    YEAR_INCOMPLETE = "year_incomplete"
    UNEXPLAINED = "unexplained"
    """A counter did what has no number."""
    ASSERTION_FAILS = "assertion_fails"
    CONFLICT = "conflict"
    """A sheet and a meter contradict each other."""
    NO_PRODUCTION = "no_production"
    NO_ANNUAL_DATA = "no_annual_data"
    HEAD_MISSING = "head_missing"
    """A hash that an earlier closing noted is not in the ledger's chain."""
    LEDGER_LOSS = "ledger_loss"
    """A damage on disk took part of the ledger, and the ledger says so."""
    LEDGER_BROKEN = "ledger_broken"


_NEVER_ANSWERED = {FindingKind.NOT_OVER, FindingKind.NO_ENERGY, FindingKind.LEDGER_BROKEN}
"""What no explanation makes right: the figure itself would be missing or not to be trusted."""

WITHOUT_A_NUMBER = frozenset(
    {
        "reset",
        "fall",
        "too_fast",
        "ambiguous",
        "gap_too_long",
        "half_hour_too_fast",
        "resolution_lost",
        "coils_missed",
        "coils_renumbered",
        "too_late",
        "journal_damaged",
    }
)
"""Kinds of events that stand for energy or production that nobody counted, or that may be wrong."""


@dataclass(frozen=True, slots=True)
class GateRules:
    """The least share of time, in per cent, for which a line is metered: measured, or recovered to the count."""

    month_percent: Decimal = Decimal(90)
    year_percent: Decimal = Decimal(95)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that keeps the year open. `key` is what an answer names; `details` fill the reader's text."""

    key: str
    kind: FindingKind
    details: Mapping[str, str] = field(default_factory=dict)
    answer: str = ""

    @property
    def can_be_answered(self) -> bool:
        """Whether an explanation is enough."""
        return self.kind not in _NEVER_ANSWERED

    @property
    def holds_up(self) -> bool:
        """Whether it still keeps the year from being closed."""
        return not (self.can_be_answered and self.answer)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something for the gate that was found elsewhere: what it is, a key of its own, and what a reader is told."""

    kind: FindingKind
    key: str
    details: Mapping[str, str] = field(default_factory=dict)


def examine(
    statement: Statement,
    rules: GateRules,
    *,
    events: Sequence[tuple[str, Event]],
    remarks: Iterable[Remark],
    answers: Mapping[str, str],
) -> list[Finding]:
    """Every finding of a year, the gravest first, with the answers that were given.

    `events` are those of the year, each with the name of its month. `answers` gives the text by key.
    """
    found = [
        *(Finding(remark.key, remark.kind, remark.details) for remark in remarks),
        *_without_energy(statement),
        *_incomplete(statement, rules),
        *_unexplained(statement, events),
    ]
    if statement.production_t <= 0:
        found.append(Finding(f"no_production:FY{statement.fiscal_year}", FindingKind.NO_PRODUCTION))
    order = list(FindingKind)
    found.sort(key=lambda finding: order.index(finding.kind))
    return [Finding(one.key, one.kind, one.details, answers.get(one.key, "")) for one in found]


def _without_energy(statement: Statement) -> Iterator[Finding]:
    for line in statement.lines:
        if line.problem:
            details = {"line": line.stream.id, "reason": line.problem}
            yield Finding(f"no_energy:{line.stream.id}", FindingKind.NO_ENERGY, details)


def _incomplete(statement: Statement, rules: GateRules) -> Iterator[Finding]:
    lines = [(line.stream, line.spans, line.shares) for line in statement.lines]
    lines += [(line.product, line.spans, Shares.total(s.shares for s in line.spans)) for line in statement.products]
    for stream, spans, year in lines:
        for span in spans:
            if metered_percent(span.shares) < rules.month_percent:
                yield _share_finding(FindingKind.MONTH_INCOMPLETE, stream, span.name, span.shares, rules.month_percent)
        if metered_percent(year) < rules.year_percent:
            name = f"FY{statement.fiscal_year}"
            yield _share_finding(FindingKind.YEAR_INCOMPLETE, stream, name, year, rules.year_percent)


def _share_finding(kind: FindingKind, stream: Stream, span: str, shares: Shares, least: Decimal) -> Finding:
    details = {
        "line": stream.id,
        "span": span,
        "metered": f"{metered_percent(shares):.1f}",
        "missing": f"{percent(shares.missing_ms, shares):.1f}",
        "least": f"{least}",
    }
    return Finding(f"{kind}:{stream.id}:{span}", kind, details)


def metered_percent(shares: Shares) -> Decimal:
    """How much of the time is measured, or recovered to the count; 100 when nothing is expected."""
    return percent(shares.measured_ms + shares.recovered_ms, shares)


def percent(part_ms: int, shares: Shares) -> Decimal:
    """A part of the expected time in per cent, exactly; 100 when nothing is expected."""
    return Decimal(100) * part_ms / shares.expected_ms if shares.expected_ms else Decimal(100)


def _unexplained(statement: Statement, events: Sequence[tuple[str, Event]]) -> Iterator[Finding]:
    """Events without a number on points that a line rests on, one finding for each point, kind and month."""
    streams = [line.stream for line in statement.lines] + [line.product for line in statement.products]
    lines_of: dict[tuple[str, str], list[str]] = {}
    for stream in streams:
        for ref in stream.points():
            lines_of.setdefault((ref.device, ref.point), []).append(stream.id)
    groups: dict[tuple[str, str, str, str], list[Event]] = {}
    for month, event in events:
        of_the_site = not event.point
        if event.kind in WITHOUT_A_NUMBER and (of_the_site or (event.device, event.point) in lines_of):
            groups.setdefault((event.kind, event.device, event.point, month), []).append(event)
    for (kind, device, point, month), group in groups.items():
        name = ".".join(part for part in (device, point) if part) or "site"
        details = {
            "event": kind,
            "point": name,
            "span": month,
            "count": str(len(group)),
            "first": group[0].detail,
            "lines": ", ".join(dict.fromkeys(lines_of.get((device, point), ()))),
        }
        yield Finding(f"{kind}:{name}:{month}", FindingKind.UNEXPLAINED, details)
