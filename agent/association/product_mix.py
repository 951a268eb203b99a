"""The energy intensity that the product mix leads one to expect: production by class × compared figures. Pure.

The compared figures are of the rolling process alone, another boundary than the plan's intensity.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from agent.association.book import Book, Rule
from agent.association.decomposition import HUNDRED
from agent.association.form import WITHHELD, Cell, Column, FormTable, Row
from agent.association.form_file import FormFile
from agent.association.industry import Industry, Total
from agent.association.kinds import compute_figure
from agent.association.printing import printed
from agent.association.settings_tables import Words
from agent.association.years import ratio

COMPARISON = "international"
"""The form's table of compared figures in GJ/t; its rows carry the names of product classes."""
MIX = "product_mix"
EXPECTED, COMPARED = "production.expected_energy", "production.compared"
"""Totals: GJ that the compared figures give for the classes they know, and the tonnes of those classes."""

_TITLE = Words(
    ja="製品構成から期待される原単位(国際比較の値による。圧延工程の境界)",
    en="Intensity expected from the product mix, by the compared figures: boundary of the rolling process",
)
_EXPECTED = Words(ja="製品構成からの期待原単位(圧延工程)", en="expected from the product mix (rolling)")
_COMPARED = Words(ja="国際比較の値がある区分の生産量の割合", en="share of production in compared classes")
_PLAN = Words(ja="行動計画のエネルギー原単位(別の境界)", en="the plan's energy intensity (another boundary)")
_NOTE = Words(
    ja="期待原単位は、上表に値のある製品区分の生産量で加重した平均。圧延工程だけの値であり、溶解・鋳造等を含む行動計画の原単位とは境界が異なるため、差を評価に用いない。",
    en="The expected intensity is the mean of the figures above, weighted by the production of the classes that they "
    "name. It covers the rolling process alone: the plan's intensity has another boundary, so that their difference "
    "says nothing of efficiency.",
)


def benchmarks_of(form: FormFile) -> dict[str, Decimal]:
    """The compared figures in GJ/t by product class; none where the form has no such table."""
    table = next((table for table in form.table if table.id == COMPARISON), None)
    return {} if table is None else {row.id: Decimal(row.texts_ja[0]) for row in table.row if row.texts_ja}


def with_product_mix(industry: Industry, benchmarks: Mapping[str, Decimal]) -> Industry:
    """The industry with the two totals of the mix among its own, so that confidentiality is decided on them too."""
    items = [item for item in industry.sums if item.group == "production" and item.name in benchmarks]
    if not items:
        return industry
    expected = Total(EXPECTED, "GJ", {item: Fraction(benchmarks[item.name]) for item in items})
    compared = Total(COMPARED, "t", {item: Fraction(1) for item in items})
    return replace(industry, totals={**industry.totals, EXPECTED: expected, COMPARED: compared})


def product_mix_table(book: Book, section: str) -> FormTable:
    """Expected intensity, the share of production that it rests on, and the plan's intensity beside it."""
    industry = book.industry
    tonnes = industry.value(COMPARED)
    expected = ratio(industry.value(EXPECTED), tonnes)
    share = ratio(tonnes, industry.value("production"))
    percent = None if share is None else share * HUNDRED
    plan = compute_figure(book, "energy_intensity", "year")
    rows = (
        Row("expected", _EXPECTED, "GJ/t", (_cell(expected, 1, (EXPECTED, COMPARED)),)),
        Row("compared", _COMPARED, "%", (_cell(percent, 0, (COMPARED, "production")),)),
        Row("plan", _PLAN, "GJ/t", (_cell(plan.value, 1, plan.totals),)),
    )
    column = Column("value", Words(ja=f"{book.fiscal_year}年度", en=f"FY{book.fiscal_year}"))
    return FormTable(MIX, section, _TITLE, (column,), rows, _NOTE)


def _cell(value: Decimal | None, decimals: int, totals: tuple[str, ...]) -> Cell:
    if value is None:
        return Cell("–", rule=Rule.UNKNOWN)
    return Cell(printed(value, decimals), "", value, Rule.RATIO, totals=totals)


def mask(table: FormTable, withheld: frozenset[str]) -> FormTable:
    """The table without the cells that rest on a withheld total."""
    rows = tuple(
        replace(row, cells=tuple(Cell(WITHHELD) if withheld & set(cell.totals) else cell for cell in row.cells))
        for row in table.rows
    )
    return replace(table, rows=rows)
