"""The account of a momentary value: its time-weighted mean, by the trapezoid rule."""

import math

from agent.accounting.interval import INTERVAL_MS, Method
from agent.accounting.point_account import Outcome, PointAccount, Running


class GaugeAccount(PointAccount):
    """A momentary value, integrated by the trapezoid rule between readings that are close together."""

    def take(self, raw: float, time_ms: int, seq: int, outcome: Outcome) -> None:
        """Account for one good reading."""
        current = self.running
        elapsed_ms = time_ms - current.last_ms
        if math.isnan(current.last_raw) or elapsed_ms > self.gap_ms:
            if time_ms >= current.start_ms + INTERVAL_MS:
                self.close(current.last_raw, current.last_seq, outcome)
                self.begin(raw, time_ms, seq)
        else:
            self._integrate(raw, time_ms, seq, outcome)
        current = self.running
        current.last_raw, current.last_ms, current.last_seq = raw, time_ms, seq

    def _integrate(self, raw: float, time_ms: int, seq: int, outcome: Outcome) -> None:
        current = self.running
        before_seq, current.last_seq = current.last_seq, seq
        slope = (raw - current.last_raw) / (time_ms - current.last_ms)
        began_ms, began_raw = current.last_ms, current.last_raw
        reached_ms, reached_raw = began_ms, began_raw
        while reached_ms < time_ms:
            end_ms = min(current.start_ms + INTERVAL_MS, time_ms)
            end_raw = began_raw + slope * (end_ms - began_ms)
            current.content += (reached_raw + end_raw) / 2 * (end_ms - reached_ms)
            current.spanned_ms += end_ms - reached_ms
            current.observed_ms += end_ms - reached_ms
            reached_ms, reached_raw = end_ms, end_raw
            if end_ms == current.start_ms + INTERVAL_MS:
                self.close(end_raw, before_seq, outcome)

    def content_of(self, current: Running) -> float:
        """The time-weighted mean."""
        return current.content / current.spanned_ms

    def method_of(self, current: Running) -> Method:
        """A gauge is always integrated."""
        return Method.INTEGRATED
