"""The account of a register that counts up.

Its advance over any time is the difference of two readings. The register at a boundary is interpolated to a whole
count between the readings around it, so that intervals add up to the count. An interval is *measured* when the readings
around each of its boundaries are close together; when a gap lies across a boundary the shares are estimates, and the
intervals on both sides are *recovered*. A reading that contradicts the one before it is held back until the next one
shows which of the two was wrong.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from agent.accounting.counters import CounterRules, Replacement, Step, Verdict, classify
from agent.accounting.interval import INTERVAL_MS, Event
from agent.accounting.point_account import Outcome, PointAccount
from collectors.frame import Point

LONGEST_RECOVERY_MS = 366 * 24 * 3_600_000
"""A gap longer than a year is not shared out: the clock is more likely wrong than the register."""

LONGEST_SLACK_MS = 60_000
"""How much older than its stamp a reading may be. What that lets through, the half hour as a whole does not."""


class _Reading(NamedTuple):
    raw: float
    time_ms: int
    seq: int


_NO_READING = _Reading(math.nan, 0, 0)


class CounterAccount(PointAccount):
    """A register that counts up."""

    def __init__(self, device: str, point: Point, gap_ms: int, replacements: Sequence[Replacement] = ()) -> None:
        super().__init__(device, point, gap_ms)
        self.rules = CounterRules.of(point, min(gap_ms, LONGEST_SLACK_MS))
        self._told_step = 0.0
        self._replacements = sorted(replacements, key=lambda replacement: replacement.at_ms)

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
            and not self._replacements
        )
        if not is_plain:
            self._take_slowly(_Reading(raw, time_ms, seq), outcome)
            return
        current.content += rise
        current.spanned_ms += elapsed_ms
        current.observed_ms += elapsed_ms
        current.last_raw = raw
        current.last_ms = time_ms
        current.last_seq = seq

    def _take_slowly(self, reading: _Reading, outcome: Outcome) -> None:
        """Account for a reading that is not simply the next one."""
        if math.isnan(self.running.last_raw):
            self.begin(*reading)
            return
        self._swap_meters(reading, outcome)
        current = self.running
        step = classify(current.last_raw, reading.raw, reading.time_ms - current.last_ms, self.rules)
        if step.advance is not None and step.verdict is not Verdict.DIP:
            if current.held_seq:
                detail = (
                    f"read {current.held_raw:.16g} between {current.last_raw:.16g} and {reading.raw:.16g}; left out"
                )
                self._tell(self._release_held().time_ms, "glitch", detail, outcome)
            self._apply(step, reading, outcome)
        elif current.held_seq:
            self._settle_held(reading, outcome)
        else:
            self._hold(reading)

    def _swap_meters(self, reading: _Reading, outcome: Outcome) -> None:
        """Carry the register over every declared replacement since the last reading."""
        while self._replacements and self._replacements[0].at_ms <= reading.time_ms:
            swap = self._replacements.pop(0)
            current = self.running
            if swap.at_ms < current.last_ms:
                continue
            self._release_held()
            step = classify(current.last_raw, swap.old_end_raw, swap.at_ms - current.last_ms, self.rules)
            verdict = Verdict.REPLACED if step.advance is not None else step.verdict
            end = _Reading(swap.old_end_raw, swap.at_ms, reading.seq)
            self._apply(Step(step.advance, verdict), end, outcome, f"; new register from {swap}")
            self.running.last_raw = swap.new_start_raw
            self.running.replaced = 1

    def _settle_held(self, reading: _Reading, outcome: Outcome) -> None:
        """Neither reading continues the old register. If the new one continues the held one, the register has moved."""
        current, held = self.running, self._release_held()
        onward = classify(held.raw, reading.raw, reading.time_ms - held.time_ms, self.rules)
        if onward.advance is None:
            detail = f"read {held.raw:.16g}, then {reading.raw:.16g}; neither follows from {current.last_raw:.16g}"
            self._tell(held.time_ms, "glitch", detail, outcome)
            self._hold(reading)
            return
        moved = classify(current.last_raw, held.raw, held.time_ms - current.last_ms, self.rules)
        self._apply(moved, held, outcome)
        self._apply(onward, reading, outcome)

    def _hold(self, reading: _Reading) -> None:
        self.running.held_raw, self.running.held_ms, self.running.held_seq = reading

    def _release_held(self) -> _Reading:
        held = _Reading(self.running.held_raw, self.running.held_ms, self.running.held_seq)
        self._hold(_NO_READING)
        return held

    def _tell(self, time_ms: int, kind: str, detail: str, outcome: Outcome) -> None:
        outcome.events.append(Event(time_ms, self.device, self.point.id, kind, detail))

    def _apply(self, step: Step, reading: _Reading, outcome: Outcome, remark: str = "") -> None:
        """Book an explained step, or begin anew behind one that has no number."""
        current = self.running
        elapsed_ms = reading.time_ms - current.last_ms
        if step.verdict is not Verdict.NORMAL:
            detail = (
                f"register from {current.last_raw:.16g} to {reading.raw:.16g} in {elapsed_ms / 1000:.16g} s{remark}"
            )
            self._tell(reading.time_ms, step.verdict.value, detail, outcome)
        is_too_long = elapsed_ms > LONGEST_RECOVERY_MS
        if is_too_long:
            detail = f"no reading for {elapsed_ms // 86_400_000} days; not shared out"
            self._tell(reading.time_ms, "gap_too_long", detail, outcome)
        if step.advance is None or is_too_long:
            self._move_to(reading, outcome)
        else:
            self._spread(step, reading, outcome)
            current.last_raw, current.last_ms = reading.raw, reading.time_ms

    def _spread(self, step: Step, reading: _Reading, outcome: Outcome) -> None:
        """Share the advance over the intervals that the step crosses, by time, in whole counts."""
        current, time_ms = self.running, reading.time_ms
        before_seq, current.last_seq = current.last_seq, reading.seq
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
            self._check_rate(outcome)
            self._check_resolution(outcome)
            self.close(self._register(current.last_raw + booked), before_seq, outcome)
            if reached_ms == time_ms:
                return

    def _check_rate(self, outcome: Outcome) -> None:
        """List a half hour that holds more than the plant can cause; its registers say so, so its content stays."""
        current = self.running
        if current.content > self.rules.limit(current.spanned_ms):
            detail = f"{current.content:.16g} counts in {current.spanned_ms / 1000:.16g} s"
            self._tell(current.start_ms, "half_hour_too_fast", detail, outcome)

    def _check_resolution(self, outcome: Outcome) -> None:
        """List a float register that counts in steps of over a hundredth of the half hour, once a doubling."""
        bits, current = self.point.significand_bits, self.running
        if bits is None or current.last_raw < 1:
            return
        step = 2.0 ** (math.floor(math.log2(current.last_raw)) - bits + 1)
        if 0 < current.content < 100 * step and step > self._told_step:
            self._told_step = step
            detail = f"at {current.last_raw:.16g} the register counts in steps of {step:.16g}; poll a wider register"
            self._tell(current.start_ms, "resolution_lost", detail, outcome)

    def _register(self, unwrapped: float) -> float:
        return unwrapped if self.rules.modulus is None else unwrapped % self.rules.modulus

    def _move_to(self, reading: _Reading, outcome: Outcome) -> None:
        """Go on from a reading that has no known connection to the last one."""
        current = self.running
        if reading.time_ms >= current.start_ms + INTERVAL_MS:
            self.close(current.last_raw, current.last_seq, outcome)
            self.begin(*reading)
            return
        current.last_raw, current.last_ms, current.last_seq = reading


def _share(advance: float, part_ms: int, whole_ms: int) -> float:
    """The part of an advance that falls into the first `part_ms`; whole counts stay whole."""
    if part_ms == whole_ms:
        return advance
    if float(advance).is_integer():
        return float(int(advance) * part_ms // whole_ms)
    return advance * (part_ms / whole_ms)
