"""The demonstration's past: weeks of the same mill in the journal before its meters are read. Knows no protocol."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent.publish import DESTINATION
from agent.settings.site import Site
from agent.simulate.faults import DAY_MS, HOUR_MS, Faults, Glitch, Outage
from agent.simulate.span import CADENCE_MS, Span, write_span
from collectors.simulated.mill import Mill

MOST_DAYS = 732
SEED = 1
_KEPT_MS = 5 * HOUR_MS
"""The readings of so long are kept: the forecast of demand rests on each minute's power of the last four hours."""
START_MS = 1_696_287_600_000
"""Tuesday, 3 October 2023, 08:00 in Japan: fiscal year 2023, whose factors ship with Atsuen.

A half hour begins then, so that none belongs to both the past and the live part.
"""


@dataclass(frozen=True, slots=True)
class Past:
    """So many days before the live part; 0 is none. What goes wrong in it is always the same."""

    days: int

    @property
    def start_ms(self) -> int:
        """Where the mill begins, UTC milliseconds."""
        return START_MS - self.days * DAY_MS

    def mill(self) -> Mill:
        """The mill of the past and of the live part. Both wraps that are planted in it are in the live part."""
        return Mill(SEED, self.start_ms, wraps_after_ms=START_MS)

    def write(self, site: Site, path: Path, mill: Mill, progress: Callable[[float], None]) -> None:
        """Write it into the site's new journal as delivered. Raises FileExistsError, StorageError."""
        if path.exists():
            raise FileExistsError(f"{path} is there already; name an empty folder")
        if self.days:
            span = Span(mill, self.start_ms, START_MS, _faults(), START_MS - _KEPT_MS)
            write_span(site, path, span, progress, goes_on_to=DESTINATION)


def _faults() -> Faults:
    """A meter that was silent for a night, and a register that once read zero: both in the second week back."""
    night_ms = START_MS - 11 * DAY_MS - 10 * HOUR_MS
    silent = Outage(("boiler",), night_ms, night_ms + 7 * HOUR_MS)
    return Faults((silent,), (Glitch("soaking", "lpg_mass", START_MS - 8 * DAY_MS + CADENCE_MS),))
