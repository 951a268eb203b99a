"""Half hours drawn up again from frames in order of time, after a frame came in late. Knows no storage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.accounting.device_account import DeviceAccount
from agent.accounting.interval import Event, Interval, interval_start_ms
from collectors.frame import Frame, is_good

NumberedFrame = tuple[int, Frame]
"""A frame with its sequence number."""

_READINGS_TOUCHED = 2
"""The last reading before a late one shares out its step anew; one that was held back was judged by the next."""


@dataclass(frozen=True, slots=True)
class Redrawn:
    """What frames give when they are accounted for again: closed half hours and events, from an instant on.

    `starts_ms` says for each point (and, under "", for coils) from which half hour on they hold.
    """

    intervals: list[Interval]
    events: list[Event]
    starts_ms: Mapping[str, int]

    def covers(self, point: str, start_utc_s: int) -> bool:
        """Whether a half hour of a point was drawn up again."""
        return start_utc_s * 1000 >= self.starts_ms.get(point, self.starts_ms[""])


def recompute(account: DeviceAccount, frames: Sequence[NumberedFrame], late_ms: int) -> Redrawn:
    """The closed half hours that a frame of the time `late_ms` touches, and all later ones, from a fresh account.

    The frames are in order of time; the late one is among them, with enough before it to hold a good reading of each
    point ahead of the half hours that are touched. Afterwards the account stands where the last frame left it.
    """
    touched_ms = _touched_from_ms(account, frames, late_ms)
    first_ms = min((time_ms for time_ms in touched_ms.values() if time_ms), default=0)
    # Coils are counted from two points and have a name of their own: they go with the first of the points.
    redrawn = Redrawn([], [], {**touched_ms, "": first_ms})
    for seq, frame in frames:
        outcome = account.take(frame.time_ms, frame.read_values(), frame.read_quality(), seq)
        redrawn.intervals.extend(item for item in outcome.intervals if redrawn.covers(item.point, item.start_utc_s))
        redrawn.events.extend(event for event in outcome.events if redrawn.covers(event.point, event.time_ms // 1000))
    return redrawn


def _touched_from_ms(account: DeviceAccount, frames: Sequence[NumberedFrame], late_ms: int) -> dict[str, int]:
    """For each point the half hour of its last good readings before a moment; where there are none, everything."""
    last_ms: dict[str, list[int]] = {point.id: [] for point in account.layout.points}
    for _, frame in reversed(frames):
        if frame.time_ms >= late_ms:
            continue
        for times, code in zip(last_ms.values(), frame.read_quality(), strict=True):
            if is_good(code) and len(times) < _READINGS_TOUCHED:
                times.append(frame.time_ms)
        if all(len(times) == _READINGS_TOUCHED for times in last_ms.values()):
            break
    return {point: interval_start_ms(min(times, default=0)) for point, times in last_ms.items()}
