"""A closed year as an entry of the history: its totals, and what its form printed. Pure: who calls reads and writes.

Next year's form then has its past year. A total that was withheld does not enter the history, which every later form
prints from: it stays unknown.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.convert_units import EXACT
from agent.accounting.factors import Basis
from agent.association.book import Rule, is_year_key
from agent.association.form import Cell, FormTable
from agent.association.form_file import FormTableTable
from agent.association.history_tables import HistoryYear, PublishedFigure
from agent.association.industry import Industry
from agent.association.kinds import figure_kinds
from agent.association.publish import FormResult
from agent.association.render_cells import number_of
from agent.submission.canonical import canonical_json, digest_of

_TOTALS = {
    "production_t": "production",
    "energy_gj": "energy",
    "co2_t": "co2",
    "co2_adjusted_t": "co2_adjusted",
    "electricity_kwh": "electricity",
}
_PARTS = {
    "offices": {
        "floor_area_m2": "offices.floor_area_m2",
        "energy_kl_coe": "offices.energy_kl_coe",
        "co2_t": "offices.co2_t",
    },
    "logistics": {
        "transport_tonne_km": "logistics.transport_tonne_km",
        "energy_gj": "logistics.energy_gj",
        "co2_t": "logistics.co2_t",
    },
}
"""Keys of a year of the history, and the totals that they hold; CO2 is in t there, and in kg as a total."""
_BLOCKING = ("not_submitted", "provisional", "no_factor")
"""Findings that leave the totals incomplete; others are documents that were rightly left out."""
_NOT_HELD_AGAINST = (Rule.DECLARED, Rule.HISTORY, Rule.INDUSTRY, Rule.DIFFERENCE_OF_PRINTED, Rule.UNKNOWN)
_KG_PER_T = Decimal(1000)


class YearNotClosed(ValueError):  # noqa: N818 - names the state of the data
    """Why a year cannot enter the history: one sentence a reason."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class ClosedYear:
    """A year's entry in the history, and the figures that its form printed."""

    year: HistoryYear
    published: tuple[PublishedFigure, ...]


def close_year(result: FormResult, known: Sequence[PublishedFigure] = ()) -> ClosedYear:
    """The year of a form. `known` are published figures that the history has already: those stay as they are.

    Raises YearNotClosed while documents are missing, provisional or without a factor.
    """
    industry = result.industry
    open_still = [f.text_en for f in result.findings if f.key.startswith(_BLOCKING)]
    if open_still:
        raise YearNotClosed(*open_still)
    published = frozenset(total.name for total in result.sums)
    values = {key: _value(industry, total, published) for key, total in _TOTALS.items()}
    stated: dict[str, object] = {key: f"{value:f}" for key, value in values.items() if value is not None}
    for part, totals in _PARTS.items():
        amounts = {key: _value(industry, total, published) for key, total in totals.items()}
        if None not in amounts.values():
            stated[part] = {key: f"{value:f}" for key, value in amounts.items()}
    factor = industry.factors.electricity_factor()
    if factor is not None:
        stated["electricity_factor"] = f"{factor:f}"
    head = {"fiscal_year": industry.fiscal_year, "basis": Basis.INFERRED, "source": _source(result)}
    return ClosedYear(HistoryYear.model_validate(head | stated), tuple(_published_figures(result, known)))


def append_closed(history: str, closed: ClosedYear) -> str:
    """The text of `history.toml` with the closed year at its end. Raises YearNotClosed when it has the year already."""
    fiscal_year = closed.year.fiscal_year
    years = tomllib.loads(history).get("year", [])
    if any(year.get("fiscal_year") == fiscal_year for year in years):
        raise YearNotClosed(f"history.toml already has a [[year]] of fiscal year {fiscal_year}: take it out first")
    return history.rstrip("\n") + "\n\n" + closed_toml(closed)


def closed_toml(closed: ClosedYear) -> str:
    """The entry as TOML."""
    year = closed.year.model_dump(mode="json", exclude_none=True)
    tables = {name: year.pop(name) for name in _PARTS if name in year}
    blocks = [_block("[[year]]", year), *(_block(f"[year.{name}]", table) for name, table in tables.items())]
    blocks += [_block("[[published]]", each.model_dump(mode="json", exclude_none=True)) for each in closed.published]
    return "\n".join(blocks)


def _block(heading: str, values: Mapping[str, object]) -> str:
    lines = [f"{key} = {value if isinstance(value, int) else _quoted(str(value))}" for key, value in values.items()]
    return "\n".join([heading, *lines, ""])


def _quoted(text: str) -> str:
    """A basic string of TOML: JSON's escapes, and DEL, which JSON leaves alone."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(industry: Industry, total: str, published: frozenset[str]) -> Decimal | None:
    """A total as the history states it; None when it was not published."""
    value = industry.value(total) if total in published else None
    if value is None or not total.endswith(("co2", "co2_t", "co2_adjusted")):
        return value
    return EXACT.divide(value, _KG_PER_T)


def _source(result: FormResult) -> str:
    """What the totals rest on: how many documents, and one digest over all of theirs."""
    digests = sorted(fact.digest for fact in result.documents)
    count, companies = len(digests), result.industry.companies
    return (
        f"{count} submissions of {companies} companies, SHA-256 of their digests {digest_of(canonical_json(digests))}"
    )


def _published_figures(result: FormResult, known: Sequence[PublishedFigure]) -> Iterator[PublishedFigure]:
    year = result.form.fiscal_year
    seen = {(each.figure, each.column, each.unit) for each in known if each.fiscal_year == year}
    for defined in result.file.table:
        table = result.form.tables[defined.id]
        for published in _of_table(defined, table, year):
            name = (published.figure, published.column, published.unit)
            if name not in seen:
                seen.add(name)
                yield published


def _of_table(defined: FormTableTable, table: FormTable, year: int) -> Iterator[PublishedFigure]:
    given = {column.id: (column.figure_key, column.suffix) for column in defined.columns}
    for row in defined.row:
        for column in table.columns if row.figure is not None else ():
            key, suffix = given.get(column.id, (column.id.removeprefix("fy"), ""))
            figure, cell = f"{row.figure}{suffix}", table.cell(row.id, column.id)
            place = _column_key(figure, row.key or key, year)
            if place is not None and _is_held_against(cell):
                title = next(each.title.ja for each in table.rows if each.id == row.id)
                where = f"{year}年度実績の様式 {table.title.ja}: {title}"
                unit = column.unit or row.unit
                yield PublishedFigure(
                    fiscal_year=year, figure=figure, column=place, unit=unit, where=where, printed=cell.text
                )


def _is_held_against(cell: Cell) -> bool:
    """Whether a printed figure is one that this year's documents gave, and that can be computed again."""
    return cell.rule not in _NOT_HELD_AGAINST and number_of(cell.text) is not None


def _column_key(figure: str, key: str, year: int) -> str | None:
    """The key under which a later form finds the figure: a figure of one year by that year, and only by this one."""
    if not figure_kinds()[figure].of_one_year or not is_year_key(key):
        return key
    return str(year) if key in {"year", str(year)} else None
