"""From rows of the journal's sequence to messages of line protocol. Reads the ledger; knows no broker."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.accounting.interval import Interval
from agent.accounting.streams import Stream, half_hour_of
from agent.lines import energy_line, interval_line, reading_line
from agent.site_factors import SiteFactors
from agent.storage.ledger import Ledger, Outgoing
from collectors.frame import Frame

ROWS_AT_ONCE = 200
MESSAGE_BYTES = 16_000


@dataclass(frozen=True, slots=True)
class LineBatch:
    """Lines that carry every row from `first_seq` to `last_seq`, both included."""

    first_seq: int
    last_seq: int
    payload: bytes
    lines: int


class Encoder:
    """Encodes what follows a place in the sequence. Used from one thread at a time."""

    def __init__(self, site_id: str, streams: Sequence[Stream], ledger: Ledger, factors: SiteFactors) -> None:
        self._site = site_id
        self._ledger = ledger
        self._factors = factors
        self._streams_of: dict[tuple[str, str], list[Stream]] = {}
        for stream in streams:
            for ref in dict.fromkeys(stream.points()):
                self._streams_of.setdefault((ref.device, ref.point), []).append(stream)

    def next_batch(self, after_seq: int) -> LineBatch | None:
        """The rows that follow, as far as one message of some 16 kB holds them; None when there are none."""
        lines: list[str] = []
        size, last_seq = 0, after_seq
        for row in self._ledger.outgoing(after_seq, ROWS_AT_ONCE):
            written = self._lines_of(row)
            size += sum(len(line) + 1 for line in written)
            if lines and size > MESSAGE_BYTES:
                break
            lines.extend(written)
            last_seq = row.seq
        if last_seq == after_seq:
            return None
        return LineBatch(after_seq + 1, last_seq, "\n".join(lines).encode(), len(lines))

    def _lines_of(self, row: Outgoing) -> list[str]:
        item = row.item
        if isinstance(item, Frame):
            return [reading_line(self._site, item, self._ledger.layout(item.layout))]
        return [interval_line(self._site, item), *self._energy_lines(row.seq, item)]

    def _energy_lines(self, seq: int, interval: Interval) -> list[str]:
        """The streams whose half hour this interval completes: the last of their registers to come in."""
        lines = []
        for stream in self._streams_of.get((interval.device, interval.point), ()):
            seqs: list[int] = []

            def find(device: str, point: str, start_utc_s: int, seqs: list[int] = seqs) -> Interval | None:
                found = self._ledger.find(device, point, start_utc_s)
                if found is None:
                    return None
                seqs.append(found[0])
                return found[1]

            half_hour = half_hour_of(stream, interval.start_utc_s, find)
            if half_hour is not None and max(seqs) == seq:
                factors = self._factors.at(interval.start_utc_s)
                converted = self._factors.convert(half_hour) if stream.carrier != "product" else None
                lines.append(energy_line(self._site, half_hour, converted, factors))
        return lines
