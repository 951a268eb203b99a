"""Tells one state of a file from another without reading it."""

from pathlib import Path

FileStamp = tuple[int, int]
NO_FILE: FileStamp = (0, 0)


def file_stamp(path: Path) -> FileStamp:
    """Changes whenever a file is written; `NO_FILE` where none is. Raises OSError for one that cannot be looked at."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return NO_FILE
    return state.st_mtime_ns, state.st_size
