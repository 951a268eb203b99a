"""The half-hour interval of one point, and the events that explain it: the records that the ledger keeps."""

from dataclasses import dataclass
from enum import StrEnum

INTERVAL_S = 1800
INTERVAL_MS = INTERVAL_S * 1000


class Method(StrEnum):
    """How the content of an interval is known."""

    MEASURED = "measured"
    WRAPPED = "wrapped"
    REPLACED = "replaced"
    INTEGRATED = "integrated"
    RECOVERED = "recovered"
    SUBSTITUTED = "substituted"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Interval:
    """Half an hour of one point: half-open, aligned to :00 and :30, stamped by its start in UTC seconds.

    `opening_raw` and `closing_raw` are the register at the ends of the spanned time. `advance_raw` is in raw counts
    (for a gauge: the time-weighted mean). `spanned_ms` is the time for which the advance accounts, `observed_ms` the
    part of it in which the point was polled without a gap. `first_seq` and `last_seq` are the journal's sequence
    numbers of the frames it rests on; `revision` counts how often late readings changed it.
    """

    device: str
    point: str
    start_utc_s: int
    opening_raw: float
    closing_raw: float
    advance_raw: float
    method: Method
    spanned_ms: int
    observed_ms: int
    first_seq: int
    last_seq: int
    revision: int = 0


def withdrawn(device: str, point: str, start_utc_s: int, seq: int) -> Interval:
    """A half hour that was stored, and of which later readings say that nothing is known."""
    return Interval(device, point, start_utc_s, 0.0, 0.0, 0.0, Method.MISSING, 0, 0, seq, seq)


@dataclass(frozen=True, slots=True)
class Sum:
    """The half hours of one point within some time that are known by one method, summed up.

    `weighted_raw` is the sum of advance × spanned time in ms: over `spanned_ms` it gives a gauge's mean.
    """

    method: Method
    half_hours: int
    advance_raw: float
    weighted_raw: float
    spanned_ms: int
    observed_ms: int

    def plus(self, other: "Sum") -> "Sum":
        """This sum and that of other half hours which are known by the same method."""
        return Sum(
            self.method,
            self.half_hours + other.half_hours,
            self.advance_raw + other.advance_raw,
            self.weighted_raw + other.weighted_raw,
            self.spanned_ms + other.spanned_ms,
            self.observed_ms + other.observed_ms,
        )


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a reader of the figures must know: a fall, a wrap, a glitch, a clock step, a discard."""

    time_ms: int
    device: str
    point: str
    kind: str
    detail: str


def interval_start_ms(time_ms: int) -> int:
    """The start of the half hour that contains the instant. Half hours of UTC are half hours of Japanese time."""
    return time_ms - time_ms % INTERVAL_MS
