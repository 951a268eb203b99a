"""Checks across participants and years: every doubt becomes a question, no figure is changed. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from statistics import median

from agent.accounting.convert_units import EXACT
from agent.association import questions as ask
from agent.association.decomposition import percent
from agent.association.questions import Question
from agent.association.settings_tables import CheckTable
from agent.association.site_years import SiteYear
from agent.association.years import ratio

_THOUSAND = (Decimal(300), Decimal(3000))
"""A ratio within these, or its inverse, is taken for a slip of 1,000 and not for a jump."""
_LIKE = Decimal("1.3")
"""Amounts within this factor of each other are taken for the same quantity when looking for an exchange."""
_MINIMUM_TO_COMPARE = 3


def check_all(
    this_year: Sequence[SiteYear], last_year: Mapping[tuple[str, str], SiteYear], limits: CheckTable
) -> list[Question]:
    """All questions, in order of company and site. `last_year` is by company and site."""
    usual = median_intensity(this_year)
    questions: list[Question] = []
    for year in sorted(this_year, key=lambda year: (year.company, year.site)):
        questions += check_alone(year)
        questions += check_against_others(year, usual, limits)
        earlier = last_year.get((year.company, year.site))
        if earlier is not None:
            questions += check_against_last_year(year, earlier, limits)
    return questions


def median_intensity(years: Sequence[SiteYear]) -> Decimal | None:
    """The median energy intensity in GJ/t; None when too few sites have one."""
    known = [year.intensity_gj_per_t for year in years]
    stated = [intensity for intensity in known if intensity is not None and intensity > 0]
    return median(stated) if len(stated) >= _MINIMUM_TO_COMPARE else None


def check_alone(year: SiteYear) -> Iterator[Question]:
    """What a document says against itself."""
    has_energy = any(amount > 0 for amount in year.amounts.values())
    if year.production_t > 0 and not has_energy and year.energy_gj is not None:
        yield ask.production_without_energy(year)
    if year.production_t == 0 and has_energy:
        yield ask.energy_without_production(year)


def check_against_others(year: SiteYear, usual: Decimal | None, limits: CheckTable) -> Iterator[Question]:
    """An energy intensity that is too far from the participants' median."""
    intensity = year.intensity_gj_per_t
    if intensity is None or usual is None or intensity <= 0:
        return
    apart = max(EXACT.divide(intensity, usual), EXACT.divide(usual, intensity))
    if apart > limits.outlier_factor:
        yield ask.outlier(year, intensity, usual)


def check_against_last_year(year: SiteYear, earlier: SiteYear, limits: CheckTable) -> Iterator[Question]:
    """Slips of a unit, exchanged carriers, carriers that come or go, and jumps: one question a quantity at most."""
    settled: set[str] = set()
    for first, second in _exchanged(year, earlier):
        settled |= {first, second}
        yield ask.swapped(year, first, second)
    for what in sorted({*year.amounts, *earlier.amounts} - settled):
        unit = year.units.get(what) or earlier.units[what]
        yield from _compare(year, what, (year.amounts.get(what), earlier.amounts.get(what)), unit, limits)
    yield from _compare(year, "production", (year.production_t, earlier.production_t), "t", limits)


def _compare(
    year: SiteYear, what: str, amounts: tuple[Decimal | None, Decimal | None], unit: str, limits: CheckTable
) -> Iterator[Question]:
    now, then = amounts
    if not now or not then:
        if now or then:
            yield ask.appeared(year, what, is_new=bool(now))
        return
    apart = EXACT.divide(max(now, then), min(now, then)) if now > 0 and then > 0 else None
    if apart is not None and _THOUSAND[0] <= apart <= _THOUSAND[1]:
        yield ask.unit_slip(year, what, now, then, unit)
        return
    change = percent(EXACT.divide(now, then))
    if abs(change) > limits.jump_percent:
        yield ask.jump(year, what, change)


def _exchanged(year: SiteYear, earlier: SiteYear) -> Iterator[tuple[str, str]]:
    """Pairs of carriers whose amounts are each like the other's of last year, and unlike their own."""
    both = sorted(name for name in year.amounts if name in earlier.amounts)
    for first, second in combinations(both, 2):
        crossed = _is_like(year.amounts[first], earlier.amounts[second]) and _is_like(
            year.amounts[second], earlier.amounts[first]
        )
        straight = _is_like(year.amounts[first], earlier.amounts[first]) or _is_like(
            year.amounts[second], earlier.amounts[second]
        )
        if crossed and not straight:
            yield first, second


def _is_like(one: Decimal, other: Decimal) -> bool:
    quotient = ratio(max(one, other), min(one, other))
    return quotient is not None and 0 < quotient <= _LIKE
