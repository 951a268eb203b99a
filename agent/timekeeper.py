"""Stamps that never go back, whatever the machine's clock does. The rule is in docs/decisions (clock steps).

A stamp follows the wall clock while that agrees with the steady clock. When the wall clock steps back, stamps go on at
the steady pace until it has caught up. When it leaps ahead further than an outage could explain, stamps go on at the
steady pace until the leap has lasted for ten minutes. Each such step is an event.
"""

from collections.abc import Callable

import structlog

from agent.accounting.interval import Event
from agent.clock import Clock

log = structlog.get_logger(__name__)

_JITTER_MS = 1000
_BELIEVED_LEAP_MS = 32 * 24 * 3_600_000
_CONFIRM_MS = 600_000


class Timekeeper:
    """Gives each caller of `now_ms` a time that is later than or equal to the last one given."""

    def __init__(self, clock: Clock, last_ms: int, note: Callable[[Event], None]) -> None:
        """Go on after `last_ms`, the newest time in the journal (0: an empty journal)."""
        self._clock = clock
        self._note = note
        self._stamp_ms = last_ms or clock.now_ms()
        self._steady_s = clock.steady_s()
        self._suspect_since_s: float | None = None
        self._is_held = False
        self._is_first = True

    def now_ms(self) -> int:
        """The stamp of this moment, UTC milliseconds."""
        steady_s, wall_ms = self._clock.steady_s(), self._clock.now_ms()
        expected_ms = self._stamp_ms + int((steady_s - self._steady_s) * 1000)
        ahead_ms = wall_ms - expected_ms
        if ahead_ms < -_JITTER_MS:
            self._hold(expected_ms, ahead_ms)
            stamp_ms = expected_ms
        elif ahead_ms > _BELIEVED_LEAP_MS and not self._is_confirmed(steady_s, expected_ms, ahead_ms):
            stamp_ms = expected_ms
        else:
            self._follow(wall_ms, ahead_ms)
            stamp_ms = max(wall_ms, self._stamp_ms)
        self._stamp_ms, self._steady_s = stamp_ms, steady_s
        self._is_first = False
        return stamp_ms

    def _hold(self, expected_ms: int, ahead_ms: int) -> None:
        if not self._is_held:
            self._tell(expected_ms, "clock_back", f"wall clock {-ahead_ms / 1000:.0f} s behind; time goes on by itself")
        self._is_held = True
        self._suspect_since_s = None

    def _is_confirmed(self, steady_s: float, expected_ms: int, ahead_ms: int) -> bool:
        if self._suspect_since_s is None:
            self._suspect_since_s = steady_s
            days = ahead_ms / 86_400_000
            self._tell(expected_ms, "clock_suspect", f"wall clock {days:.0f} days ahead; not believed for 10 minutes")
        return (steady_s - self._suspect_since_s) * 1000 >= _CONFIRM_MS

    def _follow(self, wall_ms: int, ahead_ms: int) -> None:
        if ahead_ms > _JITTER_MS and not self._is_first:
            self._tell(wall_ms, "clock_forward", f"wall clock stepped {ahead_ms / 1000:.0f} s ahead")
        self._is_held = False
        self._suspect_since_s = None

    def _tell(self, time_ms: int, kind: str, detail: str) -> None:
        log.warning(kind, detail=detail)
        self._note(Event(time_ms, "", "", kind, detail))
