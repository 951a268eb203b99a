"""What the broker takes in no packet: messages that are divided, and rows that wait for a person. Pure.

A message is divided by sequence numbers, and each half read again. A single row can not be divided. It is *parked*, and
with it all rows up to the last one that is parked: they go out, perhaps again, when the first of them fits.
"""

import re
from dataclasses import dataclass

from agent.publish_ranges import Confirmed, Stretch

_DEVICE = re.compile(rb"(?:reading|interval),site=[^, ]*,device=([^, ]+)")


def halves(stretch: Stretch) -> tuple[Stretch, Stretch]:
    """A stretch of two numbers or more in two."""
    middle = (stretch.first_seq + stretch.last_seq) // 2
    return Stretch(stretch.first_seq, middle), Stretch(middle + 1, stretch.last_seq)


def device_of(payload: bytes) -> str:
    """The device of the first line; empty where it has none."""
    match = _DEVICE.match(payload)
    return "" if match is None else match[1].decode(errors="replace")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A row that is too large for the broker's packets (`limit_bytes` None: the broker did not say what it takes)."""

    device: str
    size_bytes: int
    limit_bytes: int | None

    def __str__(self) -> str:
        limit = "" if self.limit_bytes is None else f" of {self.limit_bytes}"
        return (
            f"device {self.device}: one row makes a message of {self.size_bytes} bytes, which does not fit the "
            f"broker's packets{limit}; raise the broker's limit, or divide the device's points over two devices"
        )


class Parked:
    """The rows from the first to the last that is too large. Their memory is one stretch, however many they are."""

    def __init__(self) -> None:
        self.stretch: Stretch | None = None
        self.obstacles: dict[str, Obstacle] = {}

    def add(self, seq: int, obstacle: Obstacle, confirmed: Confirmed) -> bool:
        """Park a row; what is confirmed behind the first one is forgotten. Returns whether its device is new."""
        known = self.stretch or Stretch(seq, seq)
        self.stretch = Stretch(min(known.first_seq, seq), max(known.last_seq, seq))
        confirmed.forget(self.stretch)
        is_new = obstacle.device not in self.obstacles
        self.obstacles[obstacle.device] = obstacle
        return is_new

    def release(self, stored: Stretch) -> Stretch | None:
        """What is to be sent now that `stored` is: all that is parked, once the first row fits. None: nothing."""
        parked = self.stretch
        if parked is None or not stored.first_seq <= parked.first_seq <= stored.last_seq:
            return None
        self.stretch = None
        self.obstacles.clear()
        return Stretch(parked.first_seq, parked.last_seq)

    def holds(self, stretch: Stretch) -> bool:
        """Whether all of a stretch is behind the first row that is too large, and will go out again with it."""
        parked = self.stretch
        return parked is not None and parked.first_seq <= stretch.first_seq and stretch.last_seq <= parked.last_seq

    @property
    def problem(self) -> str:
        """What holds rows up and what to do, for each device; empty while nothing is parked."""
        return "; ".join(str(self.obstacles[device]) for device in sorted(self.obstacles))
