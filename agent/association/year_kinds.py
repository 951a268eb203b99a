"""The figures of a year, of a change between years, and of the plan's progress: names, units, formulas. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.convert_units import EXACT
from agent.association.book import Book, Figure, FigureKind, Rule
from agent.association.decomposition import HUNDRED, Decomposition, decompose, log_points, percent
from agent.association.printing import base_unit, from_unit, in_unit, round_to
from agent.association.years import Origin, YearFigures, ratio

_RULES = {
    Origin.DECLARED: Rule.DECLARED,
    Origin.HISTORY: Rule.HISTORY,
    Origin.SUBMISSIONS: Rule.SUBMISSIONS,
    Origin.UNKNOWN: Rule.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class _OfYear:
    """A figure of one year: its unit as the form shows it, how to get it, and the totals it rests on.

    A quotient is computed even where its parts are declared. Two years compare in per cent, or by subtraction.
    """

    name: str
    shown: str
    get: Callable[[YearFigures], Decimal | None]
    totals: tuple[str, ...]
    is_quotient: bool = False
    is_subtracted: bool = False


_AREA, _TRANSPORT = "offices.floor_area_m2", "logistics.transport_tonne_km"
_OF_YEAR = (
    _OfYear("production", "万t", lambda year: year.production_t, ("production",)),
    _OfYear("energy", "TJ", lambda year: year.energy_gj, ("energy",)),
    _OfYear("co2", "万t-CO2", lambda year: year.co2_kg, ("co2",)),
    _OfYear("co2_adjusted", "万t-CO2", lambda year: year.co2_adjusted_kg, ("co2_adjusted",)),
    _OfYear("electricity", "億kWh", lambda year: year.electricity_kwh, ("electricity",)),
    _OfYear("electricity_factor", "kg-CO2/kWh", lambda year: year.electricity_factor, (), is_subtracted=True),
    _OfYear(
        "energy_intensity",
        "GJ/t",
        lambda year: ratio(year.energy_gj, year.production_t),
        ("energy", "production"),
        is_quotient=True,
        is_subtracted=True,
    ),
    _OfYear(
        "co2_intensity",
        "t-CO2/t",
        lambda year: ratio(year.co2_kg, year.production_t),
        ("co2", "production"),
        is_quotient=True,
        is_subtracted=True,
    ),
    _OfYear("office_area", "万m2", lambda year: year.office_area_m2, (_AREA,)),
    _OfYear("office_co2", "万t-CO2", lambda year: year.office_co2_kg, ("offices.co2_t",)),
    _OfYear(
        "office_co2_per_area",
        "kg-CO2/m2",
        lambda year: ratio(year.office_co2_kg, year.office_area_m2),
        ("offices.co2_t", _AREA),
        is_quotient=True,
    ),
    _OfYear("office_energy", "万kl", lambda year: year.office_energy_kl, ("offices.energy_kl_coe",)),
    _OfYear(
        "office_energy_per_area",
        "l/m2",
        lambda year: ratio(year.office_energy_kl, year.office_area_m2),
        ("offices.energy_kl_coe", _AREA),
        is_quotient=True,
    ),
    _OfYear("transport", "万トンキロ", lambda year: year.transport_tkm, (_TRANSPORT,)),
    _OfYear("logistics_co2", "万t-CO2", lambda year: year.logistics_co2_kg, ("logistics.co2_t",)),
    _OfYear(
        "logistics_co2_per_tkm",
        "kg-CO2/トンキロ",
        lambda year: ratio(year.logistics_co2_kg, year.transport_tkm),
        ("logistics.co2_t", _TRANSPORT),
        is_quotient=True,
    ),
    _OfYear("logistics_energy", "万kl", lambda year: year.logistics_energy_kl, ("logistics.energy_gj",)),
    _OfYear(
        "logistics_energy_per_tkm",
        "l/トンキロ",
        lambda year: ratio(year.logistics_energy_kl, year.transport_tkm),
        ("logistics.energy_gj", _TRANSPORT),
        is_quotient=True,
    ),
)

_PARTS: dict[str, tuple[Callable[[Decomposition], Decimal], tuple[str, ...]]] = {
    "activity": (lambda parts: parts.activity, ("production",)),
    "co2_factor": (lambda parts: parts.co2_factor, ("co2", "energy")),
    "energy_per_activity": (lambda parts: parts.energy_per_activity, ("energy", "production")),
    "co2": (lambda parts: parts.co2, ("co2",)),
}


def year_kinds() -> Iterator[tuple[str, FigureKind]]:
    """By name: figures of a year, their changes (`_change`: the year against the column), and the plan's figures."""
    for of_year in _OF_YEAR:
        unit = base_unit(of_year.shown)
        yield of_year.name, FigureKind(unit, _reader(of_year), of_one_year=True)
        change_unit = unit if of_year.is_subtracted else "%"
        yield f"{of_year.name}_change", FigureKind(change_unit, _change(of_year))
    for part in _PARTS:
        yield f"{part}_log_points", FigureKind("log-points", _part(part, Rule.LOG_POINTS, log_points))
        yield f"{part}_percent", FigureKind("%", _part(part, Rule.CHANGE, percent))
    yield "progress", FigureKind("%", _progress, of_one_year=True)
    yield "target_cut", FigureKind("%", _target_cut, ("year",))
    yield "bau_change", FigureKind("%", _bau_change)
    yield "bau_progress", FigureKind("%", _bau_progress)


def _reader(of_year: _OfYear) -> Callable[[Book, str, int | None], Figure]:
    def compute(book: Book, key: str, _: int | None) -> Figure:
        year = book.year(key)
        rule = Rule.RATIO if of_year.is_quotient else _RULES[year.origin]
        return Figure(of_year.get(year), rule, _totals(of_year, year))

    return compute


def _change(of_year: _OfYear) -> Callable[[Book, str, int | None], Figure]:
    def compute(book: Book, key: str, decimals: int | None) -> Figure:
        later, earlier = book.year("year"), book.year(key)
        totals = (*_totals(of_year, later), *_totals(of_year, earlier))
        now, then = of_year.get(later), of_year.get(earlier)
        if not of_year.is_subtracted:
            return Figure(_percent_change(now, then), Rule.CHANGE, totals)
        if now is None or then is None:
            return Figure(None, Rule.UNKNOWN, totals)
        if decimals is None:
            return Figure(EXACT.subtract(now, then), Rule.DIFFERENCE, totals)
        first, second = (round_to(in_unit(value, of_year.shown), decimals) for value in (now, then))
        difference = from_unit(EXACT.subtract(first, second), of_year.shown)
        return Figure(difference, Rule.DIFFERENCE_OF_PRINTED, totals)

    return compute


def _totals(of_year: _OfYear, year: YearFigures) -> tuple[str, ...]:
    return of_year.totals if year.origin is Origin.SUBMISSIONS else ()


def _percent_change(now: Decimal | None, then: Decimal | None) -> Decimal | None:
    quotient = ratio(now, then)
    return None if quotient is None else percent(quotient)


def _part(part: str, rule: Rule, measure: Callable[[Decimal], Decimal]) -> Callable[[Book, str, int | None], Figure]:
    get, totals = _PARTS[part]

    def compute(book: Book, key: str, _: int | None) -> Figure:
        earlier, later = book.year(key).for_decomposition(), book.year("year").for_decomposition()
        if earlier is None or later is None:
            return Figure(None, Rule.UNKNOWN, totals)
        return Figure(measure(get(decompose(earlier, later))), rule, totals)

    return compute


def _progress(book: Book, key: str, _: int | None) -> Figure:
    """(base - result) / (base - target) × 100."""
    year = book.year(key)
    totals = ("co2",) if year.origin is Origin.SUBMISSIONS else ()
    value = _on_the_way(book.year("base").co2_kg, year.co2_kg, book.year("target").co2_kg)
    return Figure(value, Rule.PLAN, totals)


def _target_cut(book: Book, _: str, __: int | None) -> Figure:
    """(base - target) / base × 100."""
    change = _percent_change(book.year("target").co2_kg, book.year("base").co2_kg)
    return Figure(None if change is None else EXACT.minus(change), Rule.PLAN)


def _bau_change(book: Book, key: str, _: int | None) -> Figure:
    bau = book.plan.bau
    level = None if bau is None else from_unit(bau.level_10kt, "万t-CO2")
    return Figure(_percent_change(book.year(key).co2_kg, level), Rule.PLAN, ("co2",))


def _bau_progress(book: Book, key: str, _: int | None) -> Figure:
    bau = book.plan.bau
    if bau is None:
        return Figure(None, Rule.PLAN, ("co2",))
    level, target = from_unit(bau.level_10kt, "万t-CO2"), from_unit(bau.target_10kt, "万t-CO2")
    return Figure(_on_the_way(level, book.year(key).co2_kg, target), Rule.PLAN, ("co2",))


def _on_the_way(start: Decimal | None, now: Decimal | None, end: Decimal | None) -> Decimal | None:
    """How much of the way from start to end is behind, in per cent."""
    if start is None or now is None or end is None:
        return None
    way = ratio(EXACT.subtract(start, now), EXACT.subtract(start, end))
    return None if way is None else EXACT.multiply(way, HUNDRED)
