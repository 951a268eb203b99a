"""What may be wrong between the parts of an association's files, beyond what each value says by itself."""

from collections.abc import Iterator, Sequence

from agent.association.book import FigureKind, is_year_key
from agent.association.form_file import REFERENCE, FormFile, FormTableTable
from agent.association.history_tables import HistoryFile
from agent.association.kinds import figure_kinds
from agent.association.printing import base_unit
from agent.association.settings_tables import AssociationFile, CompanyTable, SiteTable, Words
from agent.settings.mistakes import Mistake
from agent.settings.toml_source import KeyPath, TomlSource


def association_mistakes(source: TomlSource, file: AssociationFile) -> Iterator[Mistake]:
    """Companies, sites, keys and years that stand twice."""
    yield from _repeated(source, [(("company", n, "id"), company.id) for n, company in enumerate(file.company)])
    sites = [(number, company, index, site) for number, company, index, site in _sites(file)]
    yield from _repeated(
        source, [(("company", n, "site", i, "id"), f"{company.id}/{site.id}") for n, company, i, site in sites]
    )
    keys = [
        (("company", n, "site", i, "key", k, "thumbprint"), key.thumbprint)
        for n, _, i, site in sites
        for k, key in enumerate(site.key)
    ]
    yield from _repeated(source, keys, "a key belongs to one site")
    years = [(("industry", n, "fiscal_year"), str(table.fiscal_year)) for n, table in enumerate(file.industry)]
    yield from _repeated(source, years)


def _sites(file: AssociationFile) -> Iterator[tuple[int, CompanyTable, int, SiteTable]]:
    for number, company in enumerate(file.company):
        for index, site in enumerate(company.site):
            yield number, company, index, site


def history_mistakes(source: TomlSource, file: HistoryFile) -> Iterator[Mistake]:
    """Years that stand twice, and published figures that the program does not compute."""
    yield from _repeated(
        source, [(("year", n, "fiscal_year"), str(year.fiscal_year)) for n, year in enumerate(file.year)]
    )
    for number, published in enumerate(file.published):
        yield from _figure_mistakes(
            source, ("published", number, "figure"), published.figure, published.column, published.unit
        )


def form_mistakes(source: TomlSource, form: FormFile) -> Iterator[Mistake]:
    """Names that stand twice, figures that do not exist, units that do not fit, references to nothing."""
    yield from _repeated(source, [(("table", n, "id"), table.id) for n, table in enumerate(form.table)])
    for number, table in enumerate(form.table):
        yield from _table_mistakes(source, number, table)
    for path, words in form.texts():
        yield from _reference_mistakes(source, path, words, form)


def own_words_mistakes(source: TomlSource, file: AssociationFile, form: FormFile) -> Iterator[Mistake]:
    """Answers to options that the form does not have, and texts that refer to cells that it does not have."""
    for number, answer in enumerate(file.answer):
        if (answer.table, answer.option) not in form.options():
            yield source.mistake(("answer", number, "option"), f"the form has no option {answer.table}.{answer.option}")
    for number, text in enumerate(file.text):
        yield from _reference_mistakes(source, ("text", number, "text"), text.text, form)


def _reference_mistakes(source: TomlSource, path: KeyPath, words: Words, form: FormFile) -> Iterator[Mistake]:
    for text in (words.ja, words.en):
        for table_id, row_id, column_id, _ in REFERENCE.findall(text):
            if (table_id, row_id, column_id) not in form.cells():
                yield source.mistake(path, f"there is no cell {table_id}.{row_id}.{column_id} to refer to")


def _table_mistakes(source: TomlSource, number: int, table: FormTableTable) -> Iterator[Mistake]:
    yield from _repeated(source, [(("table", number, "row", n, "id"), row.id) for n, row in enumerate(table.row)])
    columns = [(("table", number, "columns", n, "id"), column.id) for n, column in enumerate(table.columns)]
    yield from _repeated(source, columns)
    for index, row in enumerate(table.row):
        if row.figure is None:
            continue
        path: KeyPath = ("table", number, "row", index, "figure")
        for column in table.columns:
            unit = column.unit or row.unit
            yield from _figure_mistakes(source, path, row.figure + column.suffix, row.key or column.figure_key, unit)
        if table.series is not None:
            yield from _figure_mistakes(source, path, row.figure, "year", row.unit)


def _figure_mistakes(source: TomlSource, path: KeyPath, name: str, key: str, unit: str) -> Iterator[Mistake]:
    kind: FigureKind | None = figure_kinds().get(name)
    if kind is None:
        yield source.mistake(path, f"there is no figure {name!r}", f"figures: {', '.join(sorted(figure_kinds()))}")
        return
    if kind.unit and base_unit(unit) != kind.unit:
        yield source.mistake(path, f"{name} is in {kind.unit}; it cannot be shown in {unit!r}")
    if kind.keys is None and not is_year_key(key):
        yield source.mistake(
            path, f"{name} is a figure of a year; {key!r} names none", "base, target, year, year-1, 2013"
        )
    if kind.keys and key not in kind.keys:
        yield source.mistake(path, f"{name} has no {key!r}", f"it has {', '.join(kind.keys)}")


def _repeated(source: TomlSource, named: Sequence[tuple[KeyPath, str]], hint: str = "") -> Iterator[Mistake]:
    seen: set[str] = set()
    for path, name in named:
        if name in seen:
            yield source.mistake(path, f"{name} stands here a second time", hint)
        seen.add(name)
