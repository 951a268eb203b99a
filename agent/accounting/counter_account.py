"""The account of a register that counts up.

Its advance over any time is the difference of two readings. The register at a boundary is interpolated to a whole
count between the readings around it, so that intervals add up to the count. An interval is *measured* when the readings
around each of its boundaries are close together; when a gap lies across a boundary the shares are estimates, and the
intervals on both sides are *recovered*. A reading that contradicts the one before it is held back until the next one
shows which of the two was wrong.
"""

import math

from agent.accounting.counters import CounterRules, Step, Verdict, classify
from agent.accounting.interval import INTERVAL_MS, Event
from agent.accounting.point_account import Outcome, PointAccount
from collectors.frame import Point

LONGEST_RECOVERY_MS = 366 * 24 * 3_600_000
"""A gap longer than a year is not shared out: the clock is more likely wrong than the register."""


class CounterAccount(PointAccount):
    """A register that counts up."""

    def __init__(self, device: str, point: Point, gap_ms: int) -> None:
        super().__init__(device, point, gap_ms)
        self.rules = CounterRules.of(point)

    def take(self, raw: float, time_ms: int, seq: int, outcome: Outcome) -> None:
        """Account for one good reading."""
        current = self.running
        elapsed_ms = time_ms - current.last_ms
        rise = raw - current.last_raw
        is_plain = (
            0 <= rise <= self.rules.maximum_per_ms * elapsed_ms
            and elapsed_ms <= self.gap_ms
            and time_ms < current.start_ms + INTERVAL_MS
            and current.held_seq == 0
        )
        if not is_plain:
            self._take_slowly(raw, time_ms, seq, outcome)
            return
        current.content += rise
        current.spanned_ms += elapsed_ms
        current.observed_ms += elapsed_ms
        current.last_raw = raw
        current.last_ms = time_ms
        current.last_seq = seq

    def _take_slowly(self, raw: float, time_ms: int, seq: int, outcome: Outcome) -> None:
        current = self.running
        if math.isnan(current.last_raw):
            self.begin(raw, time_ms, seq)
            return
        step = classify(current.last_raw, raw, time_ms - current.last_ms, self.rules)
        if step.advance is not None and step.verdict is not Verdict.DIP:
            if current.held_seq:
                self._drop_held(outcome)
            self._apply(step, raw, time_ms, seq, outcome)
        elif current.held_seq:
            self._settle_held(step, raw, time_ms, seq, outcome)
        else:
            current.held_raw, current.held_ms, current.held_seq = raw, time_ms, seq

    def _drop_held(self, outcome: Outcome) -> None:
        """The held reading was wrong: the register went on as if it had not been."""
        current = self.running
        detail = f"read {current.held_raw:g} between {current.last_raw:g} and a value that follows from it; left out"
        outcome.events.append(Event(current.held_ms, self.device, self.point.id, "glitch", detail))
        current.held_raw, current.held_ms, current.held_seq = math.nan, 0, 0

    def _settle_held(self, step: Step, raw: float, time_ms: int, seq: int, outcome: Outcome) -> None:
        """Neither continues the old register. If the new reading continues the held one, the register has moved."""
        current = self.running
        onward = classify(current.held_raw, raw, time_ms - current.held_ms, self.rules)
        if onward.advance is not None:
            held_raw, held_ms, held_seq = current.held_raw, current.held_ms, current.held_seq
            moved = classify(current.last_raw, held_raw, held_ms - current.last_ms, self.rules)
            current.held_raw, current.held_ms, current.held_seq = math.nan, 0, 0
            self._apply(moved, held_raw, held_ms, held_seq, outcome)
            self._apply(onward, raw, time_ms, seq, outcome)
            return
        detail = f"read {current.held_raw:g}, then {raw:g}; neither follows from {current.last_raw:g}"
        outcome.events.append(Event(current.held_ms, self.device, self.point.id, "glitch", detail))
        current.held_raw, current.held_ms, current.held_seq = raw, time_ms, seq

    def _apply(self, step: Step, raw: float, time_ms: int, seq: int, outcome: Outcome) -> None:
        """Book an explained step, or begin anew behind one that has no number."""
        current = self.running
        elapsed_ms = time_ms - current.last_ms
        if step.verdict is not Verdict.NORMAL:
            detail = f"register from {current.last_raw:g} to {raw:g} in {elapsed_ms / 1000:g} s"
            outcome.events.append(Event(time_ms, self.device, self.point.id, step.verdict.value, detail))
        if step.advance is None or elapsed_ms > LONGEST_RECOVERY_MS:
            if elapsed_ms > LONGEST_RECOVERY_MS:
                detail = f"no reading for {elapsed_ms // 86_400_000} days; not shared out"
                outcome.events.append(Event(time_ms, self.device, self.point.id, "gap_too_long", detail))
            self._move_to(raw, time_ms, seq, outcome)
            return
        self._spread(step, time_ms, seq, outcome)
        current.last_raw, current.last_ms = raw, time_ms

    def _spread(self, step: Step, time_ms: int, seq: int, outcome: Outcome) -> None:
        """Share the advance over the intervals that the step crosses, by time, in whole counts."""
        current = self.running
        before_seq, current.last_seq = current.last_seq, seq
        advance, elapsed_ms = step.advance or 0.0, time_ms - current.last_ms
        is_gap = elapsed_ms > self.gap_ms
        crosses = time_ms > current.start_ms + INTERVAL_MS
        began_ms, reached_ms, booked = current.last_ms, current.last_ms, 0.0
        while True:
            end_ms = min(current.start_ms + INTERVAL_MS, time_ms)
            due = _share(advance, end_ms - began_ms, elapsed_ms)
            current.content += due - booked
            current.spanned_ms += end_ms - reached_ms
            current.observed_ms += 0 if is_gap else end_ms - reached_ms
            current.recovered |= int(is_gap and crosses)
            current.wrapped |= int(step.verdict is Verdict.WRAPPED)
            booked, reached_ms = due, end_ms
            if end_ms < current.start_ms + INTERVAL_MS:
                return
            self.close(self._register(current.last_raw + booked), before_seq, outcome)

    def _register(self, unwrapped: float) -> float:
        return unwrapped if self.rules.modulus is None else unwrapped % self.rules.modulus

    def _move_to(self, raw: float, time_ms: int, seq: int, outcome: Outcome) -> None:
        """Go on from a reading that has no known connection to the last one."""
        current = self.running
        if time_ms >= current.start_ms + INTERVAL_MS:
            self.close(current.last_raw, current.last_seq, outcome)
            self.begin(raw, time_ms, seq)
            return
        current.last_raw, current.last_ms, current.last_seq = raw, time_ms, seq


def _share(advance: float, part_ms: int, whole_ms: int) -> float:
    """The part of an advance that falls into the first `part_ms`; whole counts stay whole."""
    if part_ms == whole_ms:
        return advance
    if float(advance).is_integer():
        return float(int(advance) * part_ms // whole_ms)
    return advance * (part_ms / whole_ms)
