"""Frames and layouts as rows of the journal. A row that is not as it was written never becomes a reading."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.storage.checksums import frame_checksum, is_frame
from agent.storage.refusal import StorageError
from collectors.frame import Frame, Layout

FRAME_COLUMNS = "seq, device, layout, time_ms, raw_values, quality, source_times, checksum"

FrameRow = tuple[int, str, str, int, bytes, bytes, bytes, int]
"""The columns of `FRAME_COLUMNS`."""


def frame_row(seq: int, frame: Frame) -> FrameRow:
    """The row of a frame."""
    head = (seq, frame.device, frame.layout, frame.time_ms)
    blobs = (frame.values, frame.quality, frame.source_times)
    return (*head, *blobs, frame_checksum(head, *blobs))


def read_frame(row: Sequence[Any], path: Path) -> tuple[int, Frame]:
    """The number and the frame in a row of the file `path`. Raises StorageError when it is damaged."""
    seq, *fields, _ = row
    if not is_frame(*row):
        raise _damaged(path, f"frame {seq}")
    return seq, Frame(*fields)


def read_layout(row: Sequence[str], path: Path) -> Layout:
    """The layout in a row (digest, device, content) of the file `path`. Raises StorageError when it is damaged."""
    digest, device, content = row
    if not is_layout(digest, device, content):
        raise _damaged(path, f"layout {digest} of {device}")
    return Layout.from_json(content)


def is_layout(digest: str, device: str, content: str) -> bool:
    """Whether a row of the table of layouts is as it was written."""
    try:
        layout = Layout.from_json(content)
    except (ValueError, TypeError, ArithmeticError):
        return False
    return (layout.digest, layout.device) == (digest, device)


def _damaged(path: Path, what: str) -> StorageError:
    hint = "at its next start the agent moves it aside and keeps what can be read of it"
    return StorageError(f"{path}: the journal is damaged: {what} is not as it was written; {hint}")
