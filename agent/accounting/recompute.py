"""Half hours drawn up again from frames in order of time, after a frame came in late. Knows no storage."""

from collections.abc import Sequence

from agent.accounting.device_account import DeviceAccount
from agent.accounting.interval import Interval, interval_start_ms
from collectors.frame import Frame, is_good

NumberedFrame = tuple[int, Frame]
"""A frame with its sequence number."""


def recompute(account: DeviceAccount, frames: Sequence[NumberedFrame], late_ms: int) -> list[Interval]:
    """The closed half hours that a frame of the time `late_ms` touches, and all later ones, from a fresh account.

    The frames are in order of time; the late one is among them, with enough before it to hold a good reading of each
    point. What lay between that reading and the next is shared out anew. Afterwards the account stands where the last
    frame left it.
    """
    from_ms = interval_start_ms(_last_whole_before(frames, late_ms))
    intervals: list[Interval] = []
    for seq, frame in frames:
        outcome = account.take(frame.time_ms, frame.read_values(), frame.read_quality(), seq)
        intervals.extend(interval for interval in outcome.intervals if interval.start_utc_s * 1000 >= from_ms)
    return intervals


def _last_whole_before(frames: Sequence[NumberedFrame], time_ms: int) -> int:
    """The time of the last frame before a moment in which every point is good; else that of the first frame."""
    earlier = [frame for _, frame in frames if frame.time_ms < time_ms]
    whole = (frame.time_ms for frame in reversed(earlier) if all(is_good(code) for code in frame.read_quality()))
    return next(whole, frames[0][1].time_ms)
