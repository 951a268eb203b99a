"""What the site's book says, as records of a submission: entries that touch the figures, and bills held against it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from agent.accounting.assertions import AssertionResult, Finding
from agent.accounting.entries import Answer, Assertion, Closing, Entry, MeterReplacement, Reading, Withdrawal
from agent.storage.entry_codec import kind_of, plain
from agent.submission.parts import AssertionRecord, CorrectionRecord

_TIMES = {"time_utc_s": "time", "from_utc_s": "from", "to_utc_s": "to", "time_ms": "time"}


def correction_records(
    entries: Sequence[Entry], touching: Collection[int], from_utc_s: int, to_utc_s: int
) -> tuple[CorrectionRecord, ...]:
    """The entries that touch the figures, those withdrawn that speak of [from, to), and the withdrawals of both."""
    withdrawals = {e.content.number: e for e in entries if isinstance(e.content, Withdrawal)}
    shown = []
    for entry in entries:
        is_withdrawn = entry.number in withdrawals
        if entry.number in touching or (is_withdrawn and _speaks_of(entry, from_utc_s, to_utc_s)):
            shown.append(_correction(entry, is_withdrawn=is_withdrawn))
            if is_withdrawn:
                shown.append(_correction(withdrawals[entry.number], is_withdrawn=False))
    return tuple(sorted(shown, key=lambda record: record.number))


def assertion_records(
    results: Iterable[AssertionResult], zone: ZoneInfo, unit_of: Callable[[str], str], explain: Callable[[Entry], str]
) -> Iterator[AssertionRecord]:
    """Bills and what became of them. One whose time is partly missing has nothing found to be compared."""
    for result in results:
        content = result.entry.content
        if not isinstance(content, Assertion):
            continue
        last_s = content.to_utc_s - 1
        yield AssertionRecord(
            entry=result.entry.number,
            line=content.stream,
            first_day=f"{datetime.fromtimestamp(content.from_utc_s, zone):%Y-%m-%d}",
            last_day=f"{datetime.fromtimestamp(last_s, zone):%Y-%m-%d}",
            stated=content.quantity,
            found=None if result.finding is Finding.PARTLY_MISSING else result.found,
            unit=unit_of(content.stream) + (f" ({content.state})" if content.state else ""),
            tolerance_percent=content.tolerance_percent,
            holds=result.holds,
            explanation=explain(result.entry),
        )


def _speaks_of(entry: Entry, from_utc_s: int, to_utc_s: int) -> bool:
    content = entry.content
    if isinstance(content, Answer | Withdrawal | Closing):
        return False
    if isinstance(content, Reading):
        return from_utc_s <= content.time_utc_s <= to_utc_s
    if isinstance(content, MeterReplacement):
        return from_utc_s * 1000 <= content.time_ms < to_utc_s * 1000
    return content.from_utc_s < to_utc_s and from_utc_s < content.to_utc_s


def _correction(entry: Entry, *, is_withdrawn: bool) -> CorrectionRecord:
    return CorrectionRecord(
        number=entry.number,
        written=_instant(entry.time_ms // 1000),
        kind=kind_of(entry.content),
        person=entry.person,
        reason=entry.reason,
        document=entry.document,
        content=dict(_content(entry)),
        is_withdrawn=is_withdrawn,
    )


def _content(entry: Entry) -> Iterable[tuple[str, str]]:
    for name, value in plain(entry.content).items():
        if name in _TIMES and isinstance(value, int):
            yield _TIMES[name], _instant(value // 1000 if name.endswith("_ms") else value)
        elif value is not None:
            yield name, str(value).lower() if isinstance(value, bool) else str(value)


def _instant(utc_s: int) -> str:
    return f"{datetime.fromtimestamp(utc_s, UTC):%Y-%m-%dT%H:%M:%SZ}"
