"""What the demonstration did: counts along the line, and each stream beside the simulator's truth."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path

from agent.accounting.interval import INTERVAL_S, Interval
from agent.accounting.streams import PointRef, Stream, find_among
from agent.accounting.window import StreamWindow, WindowFigures, figures_over
from agent.bridge import Stats
from agent.run import Agent
from agent.site_factors import SiteFactors
from agent.storage.ledger import Ledger, count_frames
from collectors.frame import is_good
from collectors.simulated.mill import Mill


@dataclass(frozen=True, slots=True)
class StreamSummary:
    """One stream over the polled span, none of the past. `measured` and `truth` are its advance in counts."""

    id: str
    carrier: str
    unit: str
    measured: float
    truth: float
    difference: float
    amount: float
    energy_gj: float | None
    co2_kg: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """The live part of the demonstration: what was read over the protocols, stored and sent. No figure has any past."""

    frames_polled: int
    frames_durable: int
    messages_published: int
    messages_acknowledged: int
    lines_published: int
    lines_delivered: int
    missed_polls: int
    simulated_s: float
    production_t: float | None
    energy_gj: float | None
    co2_kg: float | None
    energy_intensity_gj_per_t: float | None
    co2_intensity_t_per_t: float | None
    streams: tuple[StreamSummary, ...]

    @property
    def holds(self) -> bool:
        """Whether every register agrees with the truth and everything read was stored."""
        return (
            all(stream.difference == 0 for stream in self.streams)
            and self.frames_durable == self.frames_polled
            and self.messages_acknowledged == self.messages_published
            and self.lines_delivered == self.lines_published
        )

    def write(self, path: Path) -> None:
        """Write the summary as JSON."""
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def summarise(agent: Agent, mill: Mill, bridge: Stats, start_ms: int, end_ms: int, *, past_frames: int) -> Summary:
    """The summary of everything between start and end (UTC milliseconds), once polling has ended.

    `past_frames` were in the journal before: where there are any, the registers are known at the start, and their
    advance is held against the truth since then; else since each one's first good reading.
    """
    stats = agent.publisher.stats
    path = agent.site.path(agent.site.file.journal.path)
    ledger = Ledger(path)
    try:
        reader = _Reader(agent, mill, ledger, start_ms, end_ms, known_from_ms=start_ms if past_frames else None)
        figures = reader.figures()
        return Summary(
            frames_polled=agent.recorder.frames_recorded,
            frames_durable=count_frames(path) - past_frames,
            messages_published=stats.messages_published,
            messages_acknowledged=stats.messages_acknowledged,
            lines_published=stats.lines_published,
            lines_delivered=bridge.lines_delivered,
            missed_polls=sum(poller.health.missed_polls for poller in agent.pollers),
            simulated_s=(end_ms - start_ms) / 1000,
            production_t=_float(figures.production_t),
            energy_gj=_float(figures.totals.energy_gj),
            co2_kg=_float(figures.totals.co2_kg),
            energy_intensity_gj_per_t=_float(figures.energy_intensity_gj_per_t),
            co2_intensity_t_per_t=_float(figures.co2_intensity_t_per_t),
            streams=tuple(reader.rows(figures)),
        )
    finally:
        ledger.close()


class _Reader:
    """Reads measured advances from the ledger, and true ones from the mill between the same two readings."""

    def __init__(
        self, agent: Agent, mill: Mill, ledger: Ledger, start_ms: int, end_ms: int, *, known_from_ms: int | None
    ) -> None:
        self._known_from_ms = known_from_ms
        self._site = agent.site
        self._mill = mill
        self._ledger = ledger
        self._starts = range(start_ms // 1000 // INTERVAL_S * INTERVAL_S, end_ms // 1000 + 1, INTERVAL_S)
        self._running = find_among(agent.recorder.accounts.running())
        self._spans: dict[PointRef, tuple[int, int]] = {}

    def figures(self) -> WindowFigures:
        """Energy, CO2 and production over the whole span."""
        factors = SiteFactors(self._site).at(self._starts[0])
        if factors is None:
            raise ValueError("the demonstration's factor table is missing")
        return figures_over(self._site.streams, self._site.products, self._starts, self._find, factors)

    def rows(self, figures: WindowFigures) -> Iterable[StreamSummary]:
        """Every stream and product."""
        windows = {window.stream.id: window for window in figures.streams}
        for stream in (*self._site.streams, *self._site.products):
            yield self._row(stream, windows.get(stream.id))

    def _row(self, stream: Stream, window: StreamWindow | None) -> StreamSummary:
        finest = min(abs(term.unit_per_count) for term in stream.terms)
        measured = _in_counts(stream, finest, self._advance)
        truth = _in_counts(stream, finest, self._true_advance)
        amount = float(Decimal(measured) * finest)
        energy_gj = _float(window.totals.energy_gj) if window else None
        co2_kg = _float(window.totals.co2_kg) if window else None
        difference = measured - truth
        return StreamSummary(
            stream.id, stream.carrier, stream.unit, measured, truth, difference, amount, energy_gj, co2_kg
        )

    def _find(self, device: str, point: str, start_utc_s: int) -> Interval | None:
        found = self._ledger.find(device, point, start_utc_s)
        return found[1] if found is not None else self._running(device, point, start_utc_s)

    def _advance(self, ref: PointRef) -> float:
        found = (self._find(ref.device, ref.point, start) for start in self._starts)
        return sum(interval.advance_raw for interval in found if interval is not None)

    def _true_advance(self, ref: PointRef) -> float:
        """What the mill's register advanced up to the source time of the last good reading.

        From the start, where it was known then, or from the source time of the first good reading.
        """
        times = []
        for frame in self._ledger.frames(ref.device):
            position = self._ledger.layout(frame.layout).position[ref.point]
            if is_good(frame.read_quality()[position]):
                times.append(frame.read_source_times_ms()[position])
        if not times:
            return 0.0
        from_ms = times[0] if self._known_from_ms is None else self._known_from_ms
        return float(self._mill.truth_counts(ref.device, ref.point, from_ms, times[-1]))


def _in_counts(stream: Stream, finest: Decimal, advance_of: Callable[[PointRef], float]) -> float:
    """The sum of a stream's registers, in counts of its finest register."""
    parts = (Decimal(advance_of(term.source)) * (term.unit_per_count / finest) for term in stream.terms)
    return float(sum(parts, Decimal(0)))


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
