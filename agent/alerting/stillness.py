"""How long something has not moved, in time during which it was watched. Pure: whoever looks says how long that was.

Neither a stop of the agent nor a step of the clock counts: nobody looked then.
"""


class Stillness:
    """Time in seconds since something moved. Until it has moved once, so much is known as was watched."""

    def __init__(self) -> None:
        self._still_s = 0.0
        self._has_moved = False

    def move(self) -> None:
        """It moved just now."""
        self._still_s, self._has_moved = 0.0, True

    def stay(self, watched_s: float) -> None:
        """It did not move for so long."""
        self._still_s += watched_s

    def known_s(self, limit_s: float) -> float | None:
        """How long it has not moved; None while it was not watched for as long as the limit and has not moved."""
        return self._still_s if self._has_moved or self._still_s >= limit_s else None


class RegisterStillness:
    """A register, of which each look brings the readings that came since the last one.

    A look without readings decides nothing yet: its time counts once the register is read again, unchanged.
    """

    def __init__(self) -> None:
        self._stillness = Stillness()
        self._open_s = 0.0
        self._last: float | None = None

    def look(self, values: list[float], watched_s: float) -> None:
        """Take in the good readings since the last look; `watched_s` is the time in which it should have moved."""
        self._open_s += watched_s
        moved = any(value != before for before, value in zip([self._last, *values], values, strict=False))
        if values and moved and self._last is not None:
            self._stillness.move()
        elif values:
            self._stillness.stay(self._open_s)
        if values:
            self._last, self._open_s = values[-1], 0.0

    def known_s(self, limit_s: float) -> float | None:
        """How long it has not moved; see `Stillness`."""
        return self._stillness.known_s(limit_s)
