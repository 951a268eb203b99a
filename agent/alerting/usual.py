"""What streams usually come to in time of which nothing is known: the same weekdays and hours of the weeks before.

It says how much is not known, and stands in for nothing. Reads the ledger; used from one thread at a time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from agent.accounting.half_hours import KNOWN_SHARE
from agent.accounting.interval import INTERVAL_MS, INTERVAL_S
from agent.accounting.streams import HalfHour, Stream, find_among, half_hour_of
from agent.alerting.unit_costs import UnitCosts
from agent.alerts.rules import Unmeasured, UsualAmount
from agent.settings.site import Site
from agent.storage.ledger import Ledger

WEEKS = 4
_WEEK_S = 7 * 86_400
_MOST_KEPT = 256


@dataclass(frozen=True, slots=True)
class _Usual:
    """A half hour as it usually is: amount in the stream's unit, GJ and kg CO2 where they are known."""

    amount: float
    energy_gj: float | None
    co2_kg: float | None


@dataclass(frozen=True, slots=True)
class _Profile:
    """The half hours of a week as they usually are, by their second of the week, and the mean of all that are known."""

    by_second: Mapping[int, _Usual]
    mean: _Usual | None

    def at(self, start_utc_s: int) -> _Usual | None:
        """The half hour that begins then; the mean where no earlier week has it."""
        return self.by_second.get(start_utc_s % _WEEK_S, self.mean)


class UsualAmounts:
    """The usual amounts of a site's streams and products."""

    def __init__(self, site: Site, ledger: Ledger, costs: UnitCosts) -> None:
        self._streams = (*site.streams, *site.products)
        self._ledger = ledger
        self._costs = costs
        self._profiles: dict[tuple[str, int], _Profile] = {}

    def unmeasured(self, device: str, point: str | None, from_utc_s: int, to_utc_s: int) -> Unmeasured:
        """What is not known while a device (or only a point of it) does not tell. Raises StorageError."""
        found = [stream for stream in self._streams if _rests_on(stream, device, point, to_utc_s)]
        return Unmeasured(from_utc_s, to_utc_s, tuple(self._usual(each, from_utc_s, to_utc_s) for each in found))

    def _usual(self, stream: Stream, from_utc_s: int, to_utc_s: int) -> UsualAmount:
        profile, parts = self._profile(stream, from_utc_s - from_utc_s % INTERVAL_S), list[_Usual]()
        for start in range(from_utc_s - from_utc_s % INTERVAL_S, to_utc_s, INTERVAL_S):
            usual = profile.at(start)
            if usual is None:
                return UsualAmount(stream.id, stream.unit, None, None, None)
            share = (min(to_utc_s, start + INTERVAL_S) - max(from_utc_s, start)) / INTERVAL_S
            parts.append(_Usual(usual.amount * share, _part(usual.energy_gj, share), _part(usual.co2_kg, share)))
        return UsualAmount(
            stream.id,
            stream.unit,
            sum(part.amount for part in parts),
            _sum(part.energy_gj for part in parts),
            _sum(part.co2_kg for part in parts),
        )

    def _profile(self, stream: Stream, until_utc_s: int) -> _Profile:
        key = (stream.id, until_utc_s)
        if key not in self._profiles:
            if len(self._profiles) >= _MOST_KEPT:
                self._profiles.clear()
            self._profiles[key] = self._look_up(stream, until_utc_s)
        return self._profiles[key]

    def _look_up(self, stream: Stream, until_utc_s: int) -> _Profile:
        """The weeks before an instant, half hour by half hour."""
        begin, points = until_utc_s - WEEKS * _WEEK_S, [(ref.device, ref.point) for ref in stream.points()]
        find = find_among(self._ledger.intervals(list(dict.fromkeys(points)), begin, until_utc_s))
        found: dict[int, list[_Usual]] = {}
        for start in range(begin, until_utc_s, INTERVAL_S):
            half_hour = half_hour_of(stream, start, find)
            if half_hour is not None and half_hour.spanned_ms >= KNOWN_SHARE * INTERVAL_MS:
                found.setdefault(start % _WEEK_S, []).append(self._priced(stream, half_hour))
        every = [each for half_hours in found.values() for each in half_hours]
        return _Profile({second: _mean(each) for second, each in found.items()}, _mean(every) if every else None)

    def _priced(self, stream: Stream, half_hour: HalfHour) -> _Usual:
        amount = float(half_hour.amount)
        if stream.carrier == "product":
            return _Usual(amount, None, None)
        cost = self._costs.of(stream, half_hour, half_hour.start_utc_s).times(amount)
        return _Usual(amount, cost.energy_gj, cost.co2_kg)


def _rests_on(stream: Stream, device: str, point: str | None, utc_s: int) -> bool:
    """Whether a stream's figures at a time need a device, or a point of it."""
    terms = [term.source for term in stream.terms if term.holds_at(utc_s)]
    refs = [*terms, *(stream.line.points() if stream.line else ())]
    return any(ref.device == device and point in {None, ref.point} for ref in refs)


def _mean(usual: Sequence[_Usual]) -> _Usual:
    energies = [each.energy_gj for each in usual if each.energy_gj is not None]
    co2 = [each.co2_kg for each in usual if each.co2_kg is not None]
    count = len(usual)
    return _Usual(
        fmean(each.amount for each in usual),
        fmean(energies) if len(energies) == count else None,
        fmean(co2) if len(co2) == count else None,
    )


def _part(amount: float | None, share: float) -> float | None:
    return None if amount is None else amount * share


def _sum(parts: Iterable[float | None]) -> float | None:
    found = list(parts)
    known = [part for part in found if part is not None]
    return sum(known) if len(known) == len(found) else None
