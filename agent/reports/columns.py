"""Columns and values that several reports share: streams in a list, shares of time, tonnes."""

from collections.abc import Sequence
from decimal import Decimal

from agent.accounting.shares import Shares
from agent.accounting.streams import Stream
from agent.reports.report_texts import report_texts
from agent.reports.table import Column, Value
from agent.reports.words import name_of
from agent.texts import Texts


def listed_name(texts: Texts, stream: Stream) -> str:
    """The name in a list, in brackets where the stream is not added to the site."""
    name = name_of(texts, stream)
    return name if stream.is_total else f"({name})"


def mark_of(texts: Texts, corrections: Sequence[int]) -> str:
    """The mark of a figure that entries of the book touch; empty where none does."""
    return report_texts(texts)("corrected", numbers=", ".join(map(str, corrections))) if corrections else ""


def share_columns(texts: Texts) -> tuple[Column, ...]:
    """The columns that say how well a figure is known, in per cent of the time."""
    return (
        Column("measured_percent", texts("measured_share"), 1),
        Column("recovered_percent", texts("recovered_share"), 1, is_detail=True),
        Column("substituted_percent", texts("substituted_share"), 1, is_detail=True),
        Column("missing_percent", texts("missing_share"), 1),
    )


def share_values(shares: Shares) -> tuple[Value, ...]:
    """The values of `share_columns`."""
    parts = (shares.measured_ms, shares.recovered_ms, shares.substituted_ms, shares.missing_ms)
    return tuple(100 * shares.share(part) for part in parts)


def is_known(shares: Shares) -> bool:
    """Whether any of the time is known: where none is, a figure is not zero but unknown."""
    return shares.missing_ms < shares.expected_ms


def tonnes(kg: Decimal | None) -> Decimal | None:
    """Kilograms in tonnes; unknown stays unknown."""
    return None if kg is None else kg / 1000


def ratio(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """A quotient; undefined without both, or over nothing."""
    return part / whole if part is not None and whole else None
