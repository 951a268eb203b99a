"""Gas volumes of local days, drawn once from half hours and kept: a year of a meter takes a quarter of a second.

A volume holds for its stream as the site file describes it, for its state, and for the mark of its day in the journal.
"""

import hashlib
from decimal import Decimal
from importlib.metadata import version

from agent.accounting.gas_volume import ReferenceState
from agent.accounting.history import Volume
from agent.accounting.shares import Shares
from agent.accounting.streams import Stream
from agent.dashboard.journal_view import Marks
from agent.dashboard.kept_file import KeptFile, KeptVolume


class DayVolumes:
    """Keeps volumes in memory and in the file. Two threads may use it: at worst both draw the same day."""

    def __init__(self, file: KeptFile) -> None:
        self._file = file
        self._kept: dict[tuple[str, int], KeptVolume] | None = None
        self._fresh: list[KeptVolume] = []
        self._names: dict[tuple[Stream, ReferenceState], str] = {}

    def under(self, marks: Marks) -> "MarkedVolumes":
        """The volumes that hold while the journal's marks are these."""
        return MarkedVolumes(self, marks)

    def find(self, gas: str, day_utc_s: int) -> KeptVolume | None:
        """What is kept of a gas and day, under whatever mark."""
        if self._kept is None:
            self._kept = {(each.gas, each.day_utc_s): each for each in self._file.volumes()}
        return self._kept.get((gas, day_utc_s))

    def keep(self, volume: KeptVolume) -> None:
        """Keep it in memory until the next `save`."""
        if self._kept is not None:
            self._kept[volume.gas, volume.day_utc_s] = volume
        self._fresh.append(volume)

    def save(self) -> None:
        """Write what is new to the file."""
        fresh, self._fresh = self._fresh, []
        if fresh:
            self._file.put_volumes(fresh)

    def name(self, stream: Stream, state: ReferenceState) -> str:
        """What tells a gas from another, or from itself under other settings or another release."""
        key = (stream, state)
        if key not in self._names:
            self._names[key] = hashlib.sha256(repr((version("atsuen"), stream, state)).encode()).hexdigest()[:24]
        return self._names[key]


class MarkedVolumes:
    """Volumes of days under the marks of one moment. Implements `storage.history.DayVolumes`."""

    def __init__(self, volumes: DayVolumes, marks: Marks) -> None:
        self._volumes = volumes
        self._marks = marks

    def get(self, stream: Stream, state: ReferenceState, day_utc_s: int) -> Volume | None:
        """The volume of the day that begins then; None unless it is there and still holds."""
        found = self._volumes.find(self._volumes.name(stream, state), day_utc_s)
        if found is None or found.seal != self._seal(day_utc_s, found.m3, found.shares):
            return None
        return Volume(Decimal(found.m3), Shares(*map(int, found.shares.split())))

    def put(self, stream: Stream, state: ReferenceState, day_utc_s: int, volume: Volume) -> None:
        """Keep it."""
        known = volume.shares
        m3 = str(volume.m3)
        shares = f"{known.expected_ms} {known.measured_ms} {known.recovered_ms} {known.substituted_ms}"
        gas = self._volumes.name(stream, state)
        self._volumes.keep(KeptVolume(gas, day_utc_s, self._seal(day_utc_s, m3, shares), m3, shares))

    def _seal(self, day_utc_s: int, m3: str, shares: str) -> str:
        """Fits neither another state of the day nor other content: a file that was damaged becomes no figure."""
        facts = (self._marks.file, self._marks.days.get(day_utc_s), m3, shares)
        return hashlib.sha256(repr(facts).encode()).hexdigest()
