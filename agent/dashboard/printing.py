"""Figures as the pages print them: rounded once, unknown as a dash, differences with a word for better or worse."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from agent.reports.table import UNDEFINED, rounded

_SAME_PERCENT = Decimal("0.05")


@dataclass(frozen=True, slots=True)
class Shown:
    """Texts by key, and for some of them a state (`better`, `worse`, `stale`) that colours and names them."""

    text: dict[str, str] = field(default_factory=dict)
    state: dict[str, str] = field(default_factory=dict)

    def put(self, key: str, text: str, state: str = "") -> None:
        """Set a text and its state."""
        self.text[key] = text
        if state:
            self.state[key] = state

    def as_record(self) -> Mapping[str, object]:
        """For JSON."""
        return {"text": self.text, "state": self.state}


def number(value: Decimal | float | None, decimals: int) -> str:
    """A figure as printed."""
    return rounded(value, decimals)


def percent_over(value: Decimal | None, base: Decimal | float | None) -> Decimal | None:
    """By how many per cent a value is above its base."""
    if value is None or base is None:
        return None
    reference = Decimal(repr(base)) if isinstance(base, float) else base
    return 100 * (value - reference) / reference if reference else None


def difference(value: Decimal | None, base: Decimal | float | None) -> tuple[str, str]:
    """The difference of an intensity as printed, and whether it is better (less), worse or the same."""
    percent = percent_over(value, base)
    if percent is None:
        return UNDEFINED, ""
    if abs(percent) < _SAME_PERCENT:
        return "±0.0 %", "same"
    sign, state = ("+", "worse") if percent > 0 else ("−", "better")
    return f"{sign}{rounded(abs(percent), 1)} %", state


def local(utc_s: int, zone: ZoneInfo, form: str = "%Y-%m-%d %H:%M") -> str:
    """An instant as the site's clock shows it; a dash where no calendar reaches."""
    try:
        return datetime.fromtimestamp(utc_s, zone).strftime(form)
    except (OverflowError, ValueError, OSError):
        return UNDEFINED


def hours_between(from_utc_s: int, to_utc_s: int, zone: ZoneInfo) -> tuple[str, str]:
    """Both ends of a stretch of time as times of day; with the date where it is not one day."""
    one_day = local(from_utc_s, zone, "%Y-%m-%d") == local(to_utc_s - 1, zone, "%Y-%m-%d")
    form = "%H:%M" if one_day else "%m-%d %H:%M"
    end = "24:00" if one_day and local(to_utc_s, zone, "%H:%M") == "00:00" else local(to_utc_s, zone, form)
    return local(from_utc_s, zone, form), end
