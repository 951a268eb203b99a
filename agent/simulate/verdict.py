"""Holds a simulated year against its truth: the counts of every register, every listed event and every gap."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.interval import INTERVAL_MS, Method
from agent.accounting.streams import PointRef, Stream
from agent.settings.site import Site
from agent.simulate.year import SimulatedYear
from agent.storage.ledger import Ledger
from collectors.frame import Kind

Found = Counter[tuple[str, str, str]]
"""How many events of a kind a point has: (device, point, kind)."""


@dataclass(frozen=True, slots=True)
class StreamVerdict:
    """One stream over the year, in counts of its finest register: what was read closely, recovered, and true."""

    id: str
    measured: int
    recovered: int
    truth: int

    @property
    def difference(self) -> int:
        """What is booked beyond the truth."""
        return self.measured + self.recovered - self.truth


@dataclass(frozen=True, slots=True)
class YearVerdict:
    """The year as a whole. `unplanted` and `unlisted` are events that are listed, or planted, without the other."""

    streams: tuple[StreamVerdict, ...]
    listed: int
    unplanted: tuple[str, ...]
    unlisted: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether everything agrees."""
        return not any(stream.difference for stream in self.streams) and not self.unplanted and not self.unlisted


def judge(site: Site, year: SimulatedYear, ledger: Ledger) -> YearVerdict:
    """The verdict on a year that was run into the ledger's journal."""
    streams = tuple(_judge_stream(stream, year, ledger) for stream in (*site.streams, *site.products))
    listed = _listed(ledger) + _gaps_listed(site, year, ledger)
    planted = _planted(site, year) + _gaps_planted(site, year)
    return YearVerdict(streams, listed.total(), _named(listed - planted), _named(planted - listed))


def _judge_stream(stream: Stream, year: SimulatedYear, ledger: Ledger) -> StreamVerdict:
    finest = min(abs(term.unit_per_count) for term in stream.terms)
    measured = recovered = truth = Decimal(0)
    for term in stream.terms:
        weight = term.unit_per_count / finest
        for interval in ledger.intervals([_pair(term.source)], year.start_ms // 1000, year.end_ms // 1000):
            if interval.method is Method.RECOVERED:
                recovered += Decimal(interval.advance_raw) * weight
            else:
                measured += Decimal(interval.advance_raw) * weight
        truth += year.mill.truth_counts(*_pair(term.source), year.start_ms, year.end_ms) * weight
    return StreamVerdict(stream.id, int(measured), int(recovered), int(truth))


def _pair(ref: PointRef) -> tuple[str, str]:
    return ref.device, ref.point


def _listed(ledger: Ledger) -> Found:
    return Counter((event.device, event.point, event.kind) for event in ledger.events())


def _planted(site: Site, year: SimulatedYear) -> Found:
    """What the ledger must list: the wraps of every register, the zeros, the replacement."""
    found: Found = Counter()
    for device, name in year.mill.counters():
        layout = site.layouts[device]
        modulus = layout.points[layout.position[name]].modulus
        replaced = any((swap.device, swap.point) == (device, name) for swap in year.faults.replacements)
        if modulus is not None and not replaced:
            total = year.mill.register(device, name, year.start_ms)
            total += year.mill.truth_counts(device, name, year.start_ms, year.end_ms)
            found[device, name, "wrapped"] += total // modulus
    for glitch in year.faults.glitches:
        found[glitch.device, glitch.point, "glitch"] += 1
    for swap in year.faults.replacements:
        found[swap.device, swap.point, "replaced"] += 1
    return +found


def _gaps_listed(site: Site, year: SimulatedYear, ledger: Ledger) -> Found:
    """Half hours of counters that are recovered, and of gauges that are not whole."""
    found: Found = Counter()
    for device, layout in site.layouts.items():
        for point in layout.points:
            if point.kind is Kind.STATE:
                continue
            whole = 0
            for interval in ledger.intervals([(device, point.id)], year.start_ms // 1000, year.end_ms // 1000):
                if interval.method is Method.RECOVERED:
                    found[device, point.id, "recovered half hour"] += 1
                elif interval.spanned_ms == INTERVAL_MS:
                    whole += 1
            if point.kind is Kind.GAUGE:
                missing = (year.end_ms - year.start_ms) // INTERVAL_MS - whole
                found[device, point.id, "half hour without a mean"] += missing
    return +found


def _gaps_planted(site: Site, year: SimulatedYear) -> Found:
    """Half hours that an outage touches: those of a gauge have no whole mean, those of a counter are estimates.

    A boundary that a reading falls on is known exactly, so an outage within a half hour estimates nothing. A zero read
    on a boundary leaves it twenty minutes without a reading around it: an estimate on both sides.
    """
    found: Found = Counter()
    for glitch in year.faults.glitches:
        if glitch.at_ms % INTERVAL_MS == 0:
            found[glitch.device, glitch.point, "recovered half hour"] += 2
    for outage in year.faults.outages:
        first, last = outage.from_ms // INTERVAL_MS, -(-outage.to_ms // INTERVAL_MS)
        for device in outage.devices:
            for point in site.layouts[device].points:
                if point.kind is Kind.GAUGE:
                    found[device, point.id, "half hour without a mean"] += last - first
                elif point.kind is Kind.COUNTER and last - first > 1:
                    found[device, point.id, "recovered half hour"] += last - first
    return found


def _named(found: Found) -> tuple[str, ...]:
    return tuple(f"{device}.{point}: {count} × {kind}" for (device, point, kind), count in sorted(found.items()))
