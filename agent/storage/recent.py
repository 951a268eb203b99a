"""The newest frames of single devices, read as they come. Never writes; safe beside the writer."""

from pathlib import Path

from agent.storage.database import open_for_reading
from agent.storage.refusal import refusals
from collectors.frame import Frame, Layout

_FRAME = "device, layout, time_ms, raw_values, quality, source_times"


class RecentFrames:
    """A reading connection of its own. Every method is called from one thread at a time, and raises StorageError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = open_for_reading(path)
        self._layouts: dict[str, Layout] = {}

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def after(self, device: str, time_ms: int) -> list[tuple[Layout, Frame]]:
        """The frames of a device that are later than a time, in order of time, each with its layout."""
        query = f"SELECT {_FRAME} FROM frame WHERE device = ? AND time_ms > ? ORDER BY time_ms, seq"  # noqa: S608 - constant
        with refusals(self._path):
            frames = [Frame(*row) for row in self._db.execute(query, (device, time_ms))]
            return [(self._layout(frame.layout), frame) for frame in frames]

    def _layout(self, digest: str) -> Layout:
        if digest not in self._layouts:
            (content,) = self._db.execute("SELECT content FROM layout WHERE digest = ?", (digest,)).fetchone()
            self._layouts[digest] = Layout.from_json(content)
        return self._layouts[digest]
