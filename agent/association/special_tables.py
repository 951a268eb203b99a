"""The tables whose rows come from documents, factors or comparisons, and the options that documents tick. Pure."""

from agent.accounting.factors import Factor, FactorSet, Origin
from agent.association.book import Book, Rule
from agent.association.form import Cell, Column, Row, Slip
from agent.association.form_file import When
from agent.association.industry import Adoption, Industry
from agent.association.printing import printed
from agent.association.settings_tables import Words
from agent.submission.annual_parts import CreditKind, CreditUse

Rows = tuple[tuple[Column, ...], tuple[Row, ...]]


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
        _column("companies", "社数", "companies"),
        _column("adopted", f"{book.fiscal_year}年度", f"FY{book.fiscal_year}"),
        _column("adopted_target", f"{book.plan.target_year}年度", f"FY{book.plan.target_year}"),
        _column("obstacles", "導入・普及に向けた課題", "obstacles"),
    )
    shown = [row for row in book.industry.practices if row.companies >= book.minimum_contributors]
    obstacles = {practice.title: practice.obstacles for practice in book.practices}
    rows = []
    for number, row in enumerate(shown, 1):
        known = obstacles.get(row.title, Words(ja="", en=""))
        adopted = [_adoption_cell(adoption, book.minimum_contributors) for adoption in (row.now, row.later)]
        cells = (Cell(str(row.companies)), *adopted, Cell(known.ja, known.en))
        rows.append(Row(f"practice_{number}", Words(ja=row.title, en=row.title), "%", cells))
    return columns, tuple(rows)


def factors_table(book: Book) -> Rows:
    """Every uniform factor of a carrier that was stated; of the adjusted set, only what it has otherwise."""
    columns = (
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
    new = [row for row in adjusted.values() if (row[0].key, row[0].value) not in known]
    rows = [_factor_row(factors.basic, *row) for row in basic.values()]
    rows += [_factor_row(factors.adjusted, *row) for row in new if factors.adjusted is not None]
    return columns, tuple(rows)


def _applied(chosen: FactorSet, stated: set[str]) -> dict[tuple[Origin, str], tuple[Factor, list[str]]]:
    """By its place in a file, each default factor that is applied, and to which carriers or kinds of electricity."""
    rows: dict[tuple[Origin, str], tuple[Factor, list[str]]] = {}
    for factor in chosen.factors:
        name = factor.carrier if factor.kind is None else f"{factor.carrier}.{factor.kind}"
        if name in stated and factor.supplier is None and factor.menu is None:
            _, names = rows.setdefault((factor.where, factor.quantity), (factor, []))
            names.append(name)
    return rows


def _factor_row(chosen: FactorSet, factor: Factor, names: list[str]) -> Row:
    state = f" ({factor.reference_state})" if factor.reference_state else ""
    source = f"{factor.source} {factor.reason}".strip()
    texts = (f"{factor.value:f}", ", ".join(names), str(factor.basis), chosen.revision, source)
    title = Words(ja=factor.name_ja, en=factor.name_en)
    row_id = f"{chosen.scheme}.{factor.quantity}.{factor.carrier}"
    return Row(row_id, title, f"{factor.unit}{state}", tuple(Cell(text) for text in texts))


def slips_table(slips: tuple[Slip, ...]) -> Rows:
    """Published figures that differ from the computed ones."""
    columns = (
        _column("where", "箇所", "where"),
        _column("published", "公表値", "published"),
        _column("computed", "計算値", "computed"),
    )
    rows = tuple(
        Row(
            f"slip_{number}",
            Words(ja=f"{slip.figure} ({slip.column})", en=f"{slip.figure} ({slip.column})"),
            slip.unit,
            (Cell(slip.where), Cell(slip.published), Cell(slip.computed, "", slip.value, totals=slip.totals)),
        )
        for number, slip in enumerate(slips, 1)
    )
    return columns, rows


def _column(name: str, ja: str, en: str) -> Column:
    return Column(name, Words(ja=ja, en=en))


def _adoption_cell(adoption: Adoption, minimum: int) -> Cell:
    if adoption.mean_percent is None or adoption.companies < minimum:
        return Cell("–")
    return Cell(printed(adoption.mean_percent, 0), "", adoption.mean_percent, Rule.SUBMISSIONS)
