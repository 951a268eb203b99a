"""What the registers of a point did, half hour by half hour, as plain rows: a year of them is read in milliseconds."""

from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from agent.storage.database import open_for_reading


class RegisterRow(NamedTuple):
    """A stored half hour of a point, in raw counts, with the sequence numbers of the frames that it rests on."""

    start_utc_s: int
    opening_raw: float
    closing_raw: float
    advance_raw: float
    method: str
    first_seq: int
    last_seq: int


def read_registers(journal: Path, device: str, point: str, from_utc_s: int, to_utc_s: int) -> list[RegisterRow]:
    """The half hours of a point that start within [from, to), in order. Raises StorageError without a journal."""
    with closing(open_for_reading(journal)) as db:
        rows = db.execute(
            "SELECT start_utc_s, opening_raw, closing_raw, advance_raw, method, first_seq, last_seq FROM interval "
            "WHERE point_id = (SELECT id FROM point WHERE device = ? AND point = ?) "
            "AND start_utc_s >= ? AND start_utc_s < ? AND method <> 'missing' ORDER BY start_utc_s",
            (device, point, from_utc_s, to_utc_s),
        )
        return list(map(RegisterRow._make, rows))
