"""From rows of the journal's sequence to messages of line protocol. Reads the ledger; knows no broker."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.accounting.interval import Interval
from agent.accounting.streams import Stream, half_hour_of
from agent.lines import energy_line, interval_line, reading_line
from agent.site_factors import SiteFactors
from agent.storage.ledger import Ledger, Outgoing
from collectors.frame import Frame

MESSAGE_BYTES = 16_000
_ROWS_AT_ONCE = 40
"""Rows that are read at a time: two messages of 60 values a row, so that little is read again for the next message."""


@dataclass(frozen=True, slots=True)
class LineBatch:
    """Lines that carry every row from `first_seq` to `last_seq`, both included; none where no row has such a number."""

    first_seq: int
    last_seq: int
    payload: bytes
    lines: int


class Encoder:
    """Encodes what follows a place in the sequence. Used from one thread at a time."""

    def __init__(
        self,
        site_id: str,
        streams: Sequence[Stream],
        ledger: Ledger,
        factors: SiteFactors,
        message_bytes: int = MESSAGE_BYTES,
    ) -> None:
        self._message_bytes = message_bytes
        self._site = site_id
        self._ledger = ledger
        self.adopt(streams, factors)

    def adopt(self, streams: Sequence[Stream], factors: SiteFactors) -> None:
        """Go on with other streams and factors, from the next row on."""
        streams_of: dict[tuple[str, str], list[Stream]] = {}
        for stream in streams:
            for ref in dict.fromkeys(stream.points()):
                streams_of.setdefault((ref.device, ref.point), []).append(stream)
        self._factors = factors
        self._streams_of = streams_of

    def next_batch(self, after_seq: int, up_to_seq: int) -> LineBatch:
        """The rows behind `after_seq`, at least one and as far as one message holds them, none above `up_to_seq`.

        What is behind the last row up to `up_to_seq` was discarded and counts as carried. Everything up to there must
        be durable.
        """
        lines: list[str] = []
        size, last_seq = 0, after_seq
        while rows := self._ledger.outgoing(last_seq, _ROWS_AT_ONCE, up_to_seq):
            for row in rows:
                written = self._lines_of(row)
                size += sum(len(line) + 1 for line in written)
                if lines and size > self._message_bytes:
                    return _batch(after_seq, last_seq, lines)
                lines.extend(written)
                last_seq = row.seq
        return _batch(after_seq, up_to_seq, lines)

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


def _batch(after_seq: int, last_seq: int, lines: Sequence[str]) -> LineBatch:
    return LineBatch(after_seq + 1, last_seq, "\n".join(lines).encode(), len(lines))
