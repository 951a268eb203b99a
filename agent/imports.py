"""Sheets of meter readings, production and invoices become drafts for the book. Writes nothing.

Two shapes are read: one row for each value (name, time, value, unit), or one column for each point with its unit in the
heading and the day, month or time at the front. Every cell that cannot be taken is named; then nothing is.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from agent.accounting.calendar import fiscal_year_of
from agent.accounting.entries import Assertion, BookedQuantity, Content, Draft, Entry, Invoice, Reading, standing
from agent.accounting.gas_volume import ReferenceState
from agent.import_headings import Heading, NamedColumn, known_words, meaning_of
from agent.settings.mistakes import Mistake, SettingsError
from agent.settings.sheet_tables import DEVICE
from agent.settings.site import Site
from agent.sheets.cell import Cell, Grid
from agent.sheets.values import WrongCell, moment_in, month_in, number_in, text_in
from agent.texts.sentences import Sentence, listed, say
from agent.typed import TypedError, check_unit, close_to, read_instant

Record = Mapping[Heading, Cell]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ImportRules:
    """How to take what a sheet says: who declares it and why, what invoices do, and the year that all must be of."""

    person: str
    reason: str
    document: str
    invoices: Literal["assert", "override"] = "assert"
    tolerance_percent: Decimal = Decimal(1)
    fiscal_year: int | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import comes to: drafts with the cell each came from, and how many values the book has already."""

    drafts: tuple[Draft, ...]
    places: tuple[str, ...]
    known: int


def read_import(site: Site, grids: Sequence[Grid], entries: Sequence[Entry], rules: ImportRules) -> Imported:
    """All that the grids declare and the book does not hold yet. Raises SettingsError with every mistake."""
    reader = _Reader(site, rules)
    read = [found for grid in grids for record in reader.records(grid) for found in reader.drafts(record)]
    if reader.mistakes:
        raise SettingsError(reader.mistakes)
    there = {entry.content for entry in standing(entries)}
    new: dict[Content, tuple[Draft, str]] = {}
    for draft, place in read:
        if draft.content not in there:
            new.setdefault(draft.content, (draft, place))
    drafts, places = zip(*new.values(), strict=True) if new else ((), ())
    return Imported(drafts, places, len(read) - len(new))


class _Reader:
    """Reads one record after another and collects mistakes."""

    def __init__(self, site: Site, rules: ImportRules) -> None:
        self._site = site
        self._zone: ZoneInfo = site.file.site.zone
        self._rules = rules
        self._streams = {stream.id: stream for stream in (*site.streams, *site.products)}
        self.mistakes: list[Mistake] = []

    def records(self, grid: Grid) -> Iterator[Record]:
        """The rows of a grid; a row with columns of names gives one record for each of them that is filled in."""
        meanings = [meaning_of(str(cell.content)) for cell in grid.header]
        for cell, meaning in zip(grid.header, meanings, strict=True):
            if meaning is None:
                hint = say("known_headings", known=known_words())
                self.mistakes.append(cell.mistake(say("unknown_heading", text=cell.content), hint))
        if None in meanings:
            return
        for row in grid.rows:
            shared = {m: cell for m, cell in zip(meanings, row, strict=True) if isinstance(m, Heading)}
            columns = [
                (m, h, c) for m, h, c in zip(meanings, grid.header, row, strict=True) if isinstance(m, NamedColumn)
            ]
            if not columns:
                yield shared
            for meaning, heading, cell in columns:
                if not cell.is_empty:
                    value = Heading.REGISTER if Heading.TIME in shared else Heading.QUANTITY
                    name, unit = Cell(meaning.name, heading.place), Cell(meaning.unit, heading.place)
                    yield {**shared, Heading.NAME: name, Heading.UNIT: unit, value: cell}

    def drafts(self, record: Record) -> Iterator[tuple[Draft, str]]:
        """The draft of a record and the place of its value; nothing, and a mistake, when it cannot be taken."""
        value = record.get(Heading.REGISTER) or record.get(Heading.QUANTITY) or next(iter(record.values()))
        try:
            content = self._content(record)
            document = record.get(Heading.DOCUMENT)
            named = text_in(document) if document is not None and not document.is_empty else self._rules.document
            yield Draft(self._rules.person, self._rules.reason, named, content), value.place
        except _Refused as refused:
            self.mistakes.append(refused.cell.mistake(refused.message, refused.hint))

    def _content(self, record: Record) -> Content:
        name, is_stream = self._name(_need(record, Heading.NAME))
        declared = self._streams[name].unit if is_stream else self._site.points[name].unit
        unit = _need(record, Heading.UNIT)
        _take(unit, lambda: check_unit(text_in(unit), declared, name))
        if Heading.REGISTER in record:
            moment = _need(record, Heading.TIME)
            read_utc_s = _take(moment, lambda: self._instant(moment_in(moment)))
            self._check_year(moment, read_utc_s, read_utc_s)
            return Reading(name, read_utc_s, _number(record[Heading.REGISTER]))
        span, quantity = self._span(record), _number(_need(record, Heading.QUANTITY))
        if not is_stream:
            return BookedQuantity(name, *span, quantity)
        state = self._state(record.get(Heading.STATE))
        if self._rules.invoices == "override":
            return Invoice(name, *span, quantity, state)
        tolerance = record.get(Heading.TOLERANCE)
        if tolerance is None or tolerance.is_empty:
            return Assertion(name, *span, quantity, self._rules.tolerance_percent, state)
        return Assertion(name, *span, quantity, _number(tolerance), state)

    def _name(self, cell: Cell) -> tuple[str, bool]:
        """The point, or the stream or product, that a cell names. A product that one sheet counts means the sheet."""
        written = _take(cell, lambda: text_in(cell))
        for point in (written, f"{DEVICE}.{written}"):
            if point in self._site.points:
                return point, False
        if written not in self._streams:
            known = [*self._site.points, *self._streams]
            raise _Refused(cell, say("no_such_name", name=written), close_to(written, known))
        terms = [f"{term.source.device}.{term.source.point}" for term in self._streams[written].terms]
        if len(terms) == 1 and terms[0].startswith(f"{DEVICE}.") and self._streams[written].carrier == "product":
            return terms[0], False
        return written, True

    def _span(self, record: Record) -> tuple[int, int]:
        if Heading.MONTH in record:
            month = _need(record, Heading.MONTH)
            first = _take(month, lambda: month_in(month))
            after = (first + timedelta(days=32)).replace(day=1)
            span = self._midnight(first), self._midnight(after)
            return self._checked(month, span)
        if Heading.DATE in record:
            day = _need(record, Heading.DATE)
            start = _take(day, lambda: moment_in(day))
            if start.time() != time():
                raise _Refused(day, say("day_needed"), say("from_and_to"))
            return self._checked(day, (self._midnight(start), self._midnight(start + timedelta(days=1))))
        start_cell, end_cell = _need(record, Heading.FROM), _need(record, Heading.TO)
        first_moment = _take(start_cell, lambda: moment_in(start_cell))
        last_moment = _take(end_cell, lambda: moment_in(end_cell))
        if last_moment.time() == time() and first_moment.time() == time():
            last_moment += timedelta(days=1)
        start_utc_s = _take(start_cell, lambda: self._instant(first_moment))
        end_utc_s = _take(end_cell, lambda: self._instant(last_moment))
        if start_utc_s >= end_utc_s:
            raise _Refused(end_cell, say("before_beginning"))
        return self._checked(end_cell, (start_utc_s, end_utc_s))

    def _checked(self, cell: Cell, span: tuple[int, int]) -> tuple[int, int]:
        self._check_year(cell, span[0], span[1] - 1)
        return span

    def _check_year(self, cell: Cell, first_utc_s: int, last_utc_s: int) -> None:
        wanted = self._rules.fiscal_year
        for utc_s in (first_utc_s, last_utc_s):
            if wanted is not None and fiscal_year_of(utc_s, self._zone) != wanted:
                raise _Refused(cell, say("not_in_year", year=wanted), say("without_year"))

    def _state(self, cell: Cell | None) -> ReferenceState | None:
        if cell is None or cell.is_empty:
            return None
        written = _take(cell, lambda: text_in(cell)).lower()
        if written not in {state.value for state in ReferenceState}:
            raise _Refused(
                cell, say("no_gas_state_named", text=written), say("known_states", known=", ".join(ReferenceState))
            )
        return ReferenceState(written)

    def _midnight(self, day: date) -> int:
        return read_instant(f"{day:%Y-%m-%d}", self._zone)

    def _instant(self, moment: datetime) -> int:
        return read_instant(moment.isoformat(), self._zone)


class _Refused(Exception):  # noqa: N818 - names the state of the data
    """A cell that cannot be taken."""

    def __init__(self, cell: Cell, message: Sentence, hint: Sentence | None = None) -> None:
        super().__init__(str(message))
        self.cell = cell
        self.message = message
        self.hint = hint


def _need(record: Record, heading: Heading) -> Cell:
    """The cell of a column that must be there."""
    cell = record.get(heading)
    if cell is None:
        first_cell, there = next(iter(record.values())), listed([say(f"column_{each}") for each in record])
        raise _Refused(
            first_cell, say("no_column", column=say(f"column_{heading}")), say("columns_there", columns=there)
        )
    return cell


def _number(cell: Cell) -> Decimal:
    return _take(cell, lambda: number_in(cell))


def _take(cell: Cell, read: Callable[[], T]) -> T:
    """What reading a cell gives. Raises _Refused at that cell."""
    try:
        return read()
    except WrongCell as wrong:
        raise _Refused(cell, wrong.message, wrong.hint) from None
    except TypedError as wrong:
        raise _Refused(cell, wrong.reasons[0]) from None
