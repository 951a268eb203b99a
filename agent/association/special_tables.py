"""The tables whose rows come from documents, factors or comparisons, and the options that documents tick. Pure."""

from collections.abc import Mapping

from agent.accounting.factors import Basis, ElectricityKind, Factor, FactorSet, Origin, Quantity
from agent.accounting.gas_volume import ReferenceState
from agent.association.book import Book, Rule
from agent.association.form import Cell, Column, Row, Slip
from agent.association.form_file import When
from agent.association.industry import Adoption, Industry
from agent.association.printing import printed
from agent.association.settings_tables import Words
from agent.association.slips import SAYS
from agent.submission.annual_parts import CreditKind, CreditUse

Rows = tuple[tuple[Column, ...], tuple[Row, ...]]

KINDS: Mapping[ElectricityKind, Words] = {
    ElectricityKind.GRID: Words(ja="系統電力", en="grid"),
    ElectricityKind.GRID_DAY: Words(ja="系統電力(昼間)", en="grid by day"),
    ElectricityKind.GRID_NIGHT: Words(ja="系統電力(夜間)", en="grid by night"),
    ElectricityKind.RENEWABLE_MENU: Words(ja="再エネメニュー", en="renewable menus"),
    ElectricityKind.OWN_SOLAR: Words(ja="自家太陽光", en="own solar"),
    ElectricityKind.OWN_WIND: Words(ja="自家風力", en="own wind"),
    ElectricityKind.OWN_HYDRO: Words(ja="自家水力", en="own hydro"),
    ElectricityKind.OWN_FUEL: Words(ja="自家火力", en="own thermal power"),
    ElectricityKind.WHEELED: Words(ja="自己託送", en="wheeled"),
    ElectricityKind.DIRECT_PPA: Words(ja="直接PPA", en="direct PPA"),
    ElectricityKind.FUEL_PPA: Words(ja="火力PPA", en="thermal PPA"),
    ElectricityKind.EXPORTED: Words(ja="外部供給", en="exported"),
}
_QUANTITIES: Mapping[Quantity, Words] = {
    Quantity.HEAT: Words(ja="単位発熱量", en="calorific value"),
    Quantity.CO2: Words(ja="排出係数", en="emission factor"),
}
_BASES: Mapping[Basis, Words] = {
    Basis.SEEN: Words(ja="原典で確認", en="seen in the original"),
    Basis.SECONDARY: Words(ja="二次資料", en="from a secondary source"),
    Basis.INFERRED: Words(ja="推定", en="inferred"),
}
_STATES: Mapping[ReferenceState | None, str] = {ReferenceState.SATP: " (SATP)", ReferenceState.NM3: " (0 degC, 1 atm)"}


def is_true(when: When, industry: Industry) -> bool:
    """Whether the documents tick an option."""
    used = [(kind, use) for (kind, use), companies in industry.credits.items() if companies]
    uses = any(kind is not CreditKind.NON_FOSSIL and use is not CreditUse.CREATED for kind, use in used)
    creates = any(use is CreditUse.CREATED for _, use in used)
    non_fossil = any(kind is CreditKind.NON_FOSSIL for kind, _ in used)
    return {
        When.COMPANIES_USE_CREDITS: uses,
        When.COMPANIES_USE_NO_CREDITS: not uses,
        When.COMPANIES_CREATE_CREDITS: creates,
        When.COMPANIES_CREATE_NO_CREDITS: not creates,
        When.COMPANIES_USE_NON_FOSSIL: non_fossil,
    }[when]


def practices_table(book: Book) -> Rows:
    """Best practices with their mean adoption; what fewer companies state than may be published is left out."""
    columns = (
        _column("companies", "報告した企業数", "reported by", "社"),
        _column("adopted", f"{book.fiscal_year}年度 普及率", f"adoption FY{book.fiscal_year}", "%"),
        _column("adopted_target", f"{book.plan.target_year}年度 普及率", f"adoption FY{book.plan.target_year}", "%"),
        _column("obstacles", "導入・普及に向けた課題", "obstacles"),
    )
    shown = [row for row in book.industry.practices if row.companies >= book.minimum_contributors]
    obstacles = {practice.title: practice.obstacles for practice in book.practices}
    rows = []
    for number, row in enumerate(shown, 1):
        known = obstacles.get(row.title, Words(ja="", en=""))
        adopted = [_adoption_cell(adoption, book.minimum_contributors) for adoption in (row.now, row.later)]
        cells = (Cell(str(row.companies)), *adopted, Cell(known.ja, known.en))
        rows.append(Row(f"practice_{number}", Words(ja=row.title, en=row.title), "", cells))
    return columns, tuple(rows)


def factors_table(book: Book) -> Rows:
    """The uniform factors of the carriers that were stated; of the adjusted set, only what it has otherwise."""
    columns = (
        _column("quantity", "種類", "kind"),
        _column("value", "値", "value"),
        _column("carriers", "適用", "applied to"),
        _column("basis", "根拠", "basis"),
        _column("revision", "版", "revision"),
        _column("source", "出典", "source"),
    )
    factors = book.industry.factors
    stated = {item.name for item in book.industry.sums if item.group == "energy"}
    basic = _applied(factors.basic, stated)
    adjusted = {} if factors.adjusted is None else _applied(factors.adjusted, stated)
    known = {(first.key, first.value) for first, _ in basic.values()}
    rows = [(factors.basic, *row) for row in basic.values()]
    if factors.adjusted is not None:
        rows += [(factors.adjusted, *row) for row in adjusted.values() if (row[0].key, row[0].value) not in known]
    carriers = list(dict.fromkeys(factor.carrier for _, factor, _ in rows))
    rows.sort(key=lambda row: carriers.index(row[1].carrier))
    return columns, tuple(_factor_row(*row) for row in rows)


def _applied(chosen: FactorSet, stated: set[str]) -> dict[tuple[Origin, str], tuple[Factor, list[Words]]]:
    """By its place in a file, each default factor that is applied, and to which kinds of electricity."""
    rows: dict[tuple[Origin, str], tuple[Factor, list[Words]]] = {}
    for factor in chosen.factors:
        name = factor.carrier if factor.kind is None else f"{factor.carrier}.{factor.kind}"
        if name in stated and factor.supplier is None and factor.menu is None:
            _, kinds = rows.setdefault((factor.where, factor.quantity), (factor, []))
            kinds += [] if factor.kind is None else [KINDS[factor.kind]]
    return rows


def _factor_row(chosen: FactorSet, factor: Factor, kinds: list[Words]) -> Row:
    cells = (
        _words_cell(_QUANTITIES[factor.quantity]),
        Cell(f"{factor.value:f}"),
        Cell("、".join(kind.ja for kind in kinds), ", ".join(kind.en for kind in kinds)),
        _words_cell(_BASES[factor.basis]),
        Cell(chosen.revision),
        _source_cell(factor),
    )
    title = Words(ja=factor.name_ja, en=factor.name_en)
    row_id = f"{chosen.scheme}.{factor.quantity}.{factor.carrier}"
    return Row(row_id, title, f"{factor.unit}{_STATES.get(factor.reference_state, '')}", cells)


def _source_cell(factor: Factor) -> Cell:
    """The source as it is cited; why a factor was chosen is told in English alone in the factor files."""
    if not factor.reason:
        return Cell(factor.source, factor.source)
    return Cell(f"{factor.source} (選定理由は英語版の同じ欄)", f"{factor.source}. {factor.reason}")


def slips_table(slips: tuple[tuple[Slip, Words, str], ...]) -> Rows:
    """Published figures that differ from the computed ones, each with its name and, in English, its place."""
    columns = (
        _column("where", "箇所", "where"),
        _column("published", "公表値", "published"),
        _column("computed", "計算値", "computed"),
    )
    rows = tuple(
        Row(
            f"slip_{number}",
            name,
            slip.unit,
            (
                Cell(slip.where, where_en),
                _words_cell(SAYS.get(slip.published, Words(ja=slip.published, en=slip.published))),
                Cell(slip.computed, "", slip.value, totals=slip.totals),
            ),
        )
        for number, (slip, name, where_en) in enumerate(slips, 1)
    )
    return columns, rows


def _words_cell(words: Words) -> Cell:
    return Cell(words.ja, words.en)


def _column(name: str, ja: str, en: str, unit: str = "") -> Column:
    return Column(name, Words(ja=ja, en=en), unit)


def _adoption_cell(adoption: Adoption, minimum: int) -> Cell:
    if adoption.mean_percent is None or adoption.companies < minimum:
        return Cell("–")
    return Cell(printed(adoption.mean_percent, 0), "", adoption.mean_percent, Rule.SUBMISSIONS)
