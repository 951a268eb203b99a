"""What is kept beside a frame and an account to know them again: CRC-32, against damaged pages, not against people."""

from zlib import crc32

_STATE_SUM_BYTES = 4

Head = tuple[int, str, str, int]
"""Of a frame: number, device, layout, time in ms."""


def frame_checksum(head: Head, values: bytes, quality: bytes, source_times: bytes) -> int:
    """The checksum of a frame, with all that the journal says of it."""
    return crc32(_text(*head), crc32(source_times, crc32(quality, crc32(values))))


def is_frame(*row: object) -> bool:
    """Whether a row of the table of frames is as it was written; before schema 2 the content alone had a checksum."""
    seq, device, layout, time_ms, values, quality, source_times, checksum = row
    try:
        content = crc32(source_times, crc32(quality, crc32(values)))  # type: ignore[arg-type] # a damaged row has any type
    except TypeError:
        return False
    return checksum in (crc32(_text(seq, device, layout, time_ms), content), content)


def _text(seq: object, device: object, layout: object, time_ms: object) -> bytes:
    return f"{seq} {layout} {time_ms} {device}".encode(errors="replace")


def seal_state(state: bytes) -> bytes:
    """An account's state with its checksum behind it."""
    return state + crc32(state).to_bytes(_STATE_SUM_BYTES, "little")


def open_state(stored: bytes) -> bytes:
    """The state that `seal_state` was given; nothing where it is not as it was written."""
    state = stored[:-_STATE_SUM_BYTES]
    return state if seal_state(state) == stored else b""
