"""The figures that are no year's totals: coverage, measures, renewables, recycling: names, units, formulas. Pure."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from agent.accounting.convert_units import EXACT
from agent.accounting.factors import ElectricityKind
from agent.association.book import Book, Compute, Figure, FigureKind, Rule
from agent.association.decomposition import HUNDRED
from agent.association.industry import Answers, Industry
from agent.association.settings_tables import PartyTable, RecyclingTable
from agent.association.years import ratio
from agent.submission.annual_parts import MeasureCategory

_THIS_YEAR = ("year",)
_COVERAGE_KEYS = (
    "whole",
    "association",
    "participants",
    "share",
    "share_of_association",
    "whole_before",
    "association_before",
    "sash",
)
_MEASURE_KEYS = ("done.investment", "done.reduction", "planned.investment", "planned.reduction")
_RECYCLING_KEYS = ("metal", "primary", "recycled", "saved", "avoided")


def industry_kinds() -> Iterator[tuple[str, FigureKind]]:
    """By name. Coverage columns: whole, association, sash, participants, share … of the whole industry."""
    yield "companies", FigureKind("", _coverage(lambda party: Decimal(party.companies), _companies), _COVERAGE_KEYS)
    production = _coverage(lambda party: party.production_t, _submitted("production"))
    yield "coverage_production", FigureKind("", production, _COVERAGE_KEYS)
    yield "coverage_energy", FigureKind("", _coverage(None, _submitted("energy")), _COVERAGE_KEYS)
    for category in (*MeasureCategory, "total"):
        yield f"measures.{category}", FigureKind("", _sum_of(f"measures.{category}"), _MEASURE_KEYS)
    for kind in ElectricityKind:
        yield f"electricity.{kind}", FigureKind("kWh", _year_total(f"electricity.{kind}"), _THIS_YEAR)
        yield f"electricity_share.{kind}", FigureKind("%", _share(f"electricity.{kind}", "electricity"), _THIS_YEAR)
    yield "solar_sites", FigureKind("sites", _yes_sites(lambda industry: industry.solar), _THIS_YEAR)
    yield "hydro_sites", FigureKind("sites", _yes_sites(lambda industry: industry.hydro), _THIS_YEAR)
    yield "practice_cases", FigureKind("cases", _practice_cases, _THIS_YEAR)
    yield "recycling", FigureKind("", _recycling, _RECYCLING_KEYS)


def _companies(book: Book) -> Figure:
    return Figure(Decimal(book.industry.companies), Rule.SUBMISSIONS)


def _submitted(total: str) -> Callable[[Book], Figure]:
    return lambda book: Figure(book.industry.value(total), Rule.SUBMISSIONS, (total,))


def _coverage(get: Callable[[PartyTable], Decimal] | None, participants: Callable[[Book], Figure]) -> Compute:
    """Of a party's number: `…_before` is with sash, `whole` and `association` are without, shares are in per cent."""

    def compute(book: Book, key: str, _: int | None) -> Figure:
        ours = participants(book)
        if key == "participants":
            return ours
        if book.whole is None or get is None:
            return Figure(None, Rule.UNKNOWN)
        before = {"whole": get(book.whole.whole), "association": get(book.whole.association)}
        sash = get(book.whole.sash)
        after = {name: EXACT.subtract(number, sash) for name, number in before.items()}
        stated = after | {f"{name}_before": number for name, number in before.items()} | {"sash": sash}
        if key in stated:
            return Figure(stated[key], Rule.INDUSTRY)
        share = ratio(ours.value, after[{"share": "whole", "share_of_association": "association"}[key]])
        return Figure(None if share is None else EXACT.multiply(share, HUNDRED), Rule.RATIO, ours.totals)

    return compute


def _sum_of(prefix: str) -> Compute:
    """A total of the documents whose name ends with the column key: `done.investment`."""

    def compute(book: Book, key: str, _: int | None) -> Figure:
        name = f"{prefix}.{key}"
        return Figure(book.industry.value(name), Rule.SUBMISSIONS, (name,))

    return compute


def _year_total(name: str) -> Compute:
    return lambda book, _, __: Figure(book.industry.value(name), Rule.SUBMISSIONS, (name,))


def _share(part: str, whole: str) -> Compute:
    def compute(book: Book, _: str, __: int | None) -> Figure:
        share = ratio(book.industry.value(part), book.industry.value(whole))
        return Figure(None if share is None else EXACT.multiply(share, HUNDRED), Rule.RATIO, (part, whole))

    return compute


def _yes_sites(get: Callable[[Industry], Answers]) -> Compute:
    """How many sites said yes; unknown while too few companies have answered to hide one among them."""

    def compute(book: Book, _: str, __: int | None) -> Figure:
        answers = get(book.industry)
        enough = answers.companies >= book.minimum_contributors
        return Figure(Decimal(answers.yes_sites) if enough else None, Rule.SUBMISSIONS)

    return compute


def _practice_cases(book: Book, _: str, __: int | None) -> Figure:
    """All cases to date: those before the year, and the participants' new ones."""
    before = book.whole.practice_cases_before if book.whole is not None else None
    new = book.industry.value("cases.new")
    if before is None or new is None:
        return Figure(None, Rule.UNKNOWN, ("cases.new",))
    return Figure(EXACT.add(Decimal(before), new), Rule.SUBMISSIONS, ("cases.new",))


def _recycling(book: Book, key: str, _: int | None) -> Figure:
    stated = book.whole.recycling if book.whole is not None else None
    if stated is None:
        return Figure(None, Rule.UNKNOWN)
    return Figure(_recycling_values(stated)[key], Rule.INDUSTRY)


def _recycling_values(stated: RecyclingTable) -> dict[str, Decimal]:
    """Metal in t, CO2 of a tonne in kg, and what is avoided in kg: metal × (primary - recycled)."""
    metal_t = EXACT.multiply(stated.metal_10kt, Decimal(10_000))
    saved = EXACT.subtract(stated.primary_kg_per_t, stated.recycled_kg_per_t)
    return {
        "metal": metal_t,
        "primary": stated.primary_kg_per_t,
        "recycled": stated.recycled_kg_per_t,
        "saved": saved,
        "avoided": EXACT.multiply(metal_t, saved),
    }
