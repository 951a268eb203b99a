"""The corrections that a person can declare on a page: the fields of each kind, and the content that they say.

The same readers of numbers, units and times as `atsuen correct`; what may stand is for `agent.corrections` to say.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.entries import (
    Answer,
    Assertion,
    BookedQuantity,
    Content,
    Draft,
    Entry,
    Exclusion,
    Invoice,
    MeterReplacement,
    Reading,
    Substitution,
    SubstitutionMethod,
    Withdrawal,
)
from agent.accounting.gas_volume import ReferenceState
from agent.corrections import check_drafts, unit_of
from agent.settings.site import Site
from agent.storage.book import Book, book_path
from agent.typed import TypedError, check_unit, read_entry_number, read_instant, read_number, read_text

_MOST_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form: its name, the key of its label, and the words to choose from, where it is a choice."""

    name: str
    label: str
    is_needed: bool = True
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of correction with its fields."""

    kind: str
    label: str
    fields: tuple[Field, ...]
    describe: Callable[["Filled"], Content]


class Filled:
    """A form as it was sent. Every method raises TypedError for what cannot be understood."""

    def __init__(self, values: Mapping[str, str], site: Site) -> None:
        self._values = values
        self._site = site

    def text(self, name: str) -> str:
        """A line of text; empty where nothing is given."""
        value = read_text(self._values.get(name, ""))
        if len(value) > _MOST_CHARACTERS or not value.isprintable():
            raise TypedError(f"{name}: write at most {_MOST_CHARACTERS} characters in one line")
        return value

    def name(self) -> str:
        """A point, stream or product that the site has."""
        name = self.text("name")
        unit_of(self._site, name)
        return name

    def time(self, name: str) -> int:
        """A local time, in UTC seconds."""
        try:
            return read_instant(self.text(name), self._site.file.site.zone)
        except (OverflowError, OSError) as error:
            raise TypedError(f"{name}: beyond any calendar") from error

    def span(self) -> tuple[int, int]:
        """From and to."""
        return self.time("from"), self.time("to")

    def number(self, name: str) -> Decimal:
        """A number in the unit in which the point or stream is declared."""
        check_unit(self.text("unit"), unit_of(self._site, self.name()), self.name())
        return read_number(self.text(name))

    def state(self) -> ReferenceState | None:
        """The reference state of a gas volume, where one is chosen."""
        chosen = self.text("state")
        if chosen and chosen not in set(ReferenceState):
            raise TypedError(f"state: {chosen!r} is none of {', '.join(ReferenceState)}")
        return ReferenceState(chosen) if chosen else None

    def method(self) -> SubstitutionMethod:
        """What stands in."""
        chosen = self.text("method")
        if chosen not in set(SubstitutionMethod):
            raise TypedError(f"method: {chosen!r} is none of {', '.join(SubstitutionMethod)}")
        return SubstitutionMethod(chosen)


def _substitution(filled: Filled) -> Content:
    quantity = filled.number("quantity") if filled.text("quantity") else None
    return Substitution(filled.name(), *filled.span(), filled.method(), quantity, filled.state())


_POINT, _STREAM = Field("name", "field_point"), Field("name", "field_stream")
_SPAN = (Field("from", "field_from"), Field("to", "field_to"))
_QUANTITY, _UNIT = Field("quantity", "field_quantity"), Field("unit", "field_unit")
_STATE = Field("state", "field_state", is_needed=False, choices=tuple(ReferenceState))
_OPTIONAL = Field("quantity", "field_optional_quantity", is_needed=False)

FORMS = (
    Form(
        "reading",
        "kind_reading",
        (_POINT, Field("at", "field_time"), Field("register", "field_register"), _UNIT),
        lambda filled: Reading(filled.name(), filled.time("at"), filled.number("register")),
    ),
    Form(
        "quantity",
        "kind_quantity",
        (_POINT, *_SPAN, _QUANTITY, _UNIT),
        lambda filled: BookedQuantity(filled.name(), *filled.span(), filled.number("quantity")),
    ),
    Form(
        "invoice",
        "kind_invoice",
        (_STREAM, *_SPAN, _QUANTITY, _UNIT, _STATE),
        lambda filled: Invoice(filled.name(), *filled.span(), filled.number("quantity"), filled.state()),
    ),
    Form(
        "assertion",
        "kind_assertion",
        (_STREAM, *_SPAN, _QUANTITY, _UNIT, _STATE, Field("tolerance", "field_tolerance")),
        lambda filled: Assertion(
            filled.name(),
            *filled.span(),
            filled.number("quantity"),
            read_number(filled.text("tolerance")),
            filled.state(),
        ),
    ),
    Form("exclusion", "kind_exclusion", (_STREAM, *_SPAN), lambda filled: Exclusion(filled.name(), *filled.span())),
    Form(
        "substitution",
        "kind_substitution",
        (
            _STREAM,
            *_SPAN,
            Field("method", "field_method", choices=tuple(SubstitutionMethod)),
            _OPTIONAL,
            Field("unit", "field_unit", is_needed=False),
            _STATE,
        ),
        _substitution,
    ),
    Form(
        "replacement",
        "kind_replacement",
        (
            _POINT,
            Field("at", "field_at"),
            Field("old_end", "field_old_end"),
            Field("new_start", "field_new_start"),
            _UNIT,
        ),
        lambda filled: MeterReplacement(
            filled.name(), filled.time("at") * 1000, filled.number("old_end"), filled.number("new_start")
        ),
    ),
    Form("answer", "kind_answer", (Field("finding", "field_finding"),), lambda filled: Answer(filled.text("finding"))),
    Form(
        "withdrawal",
        "kind_withdrawal",
        (Field("number", "field_number"),),
        lambda filled: Withdrawal(read_entry_number(filled.text("number"))),
    ),
)


def form_of(kind: str) -> Form:
    """The form of a kind. Raises TypedError for one that nobody can declare here."""
    for form in FORMS:
        if form.kind == kind:
            return form
    raise TypedError(f"kind: {kind!r} is none of {', '.join(form.kind for form in FORMS)}")


def declare(site: Site, person: str, values: Mapping[str, str], now_ms: int) -> Entry:
    """Append one entry to the book, as `atsuen correct` does. Raises TypedError, CorrectionError or StorageError."""
    filled = Filled(values, site)
    content = form_of(filled.text("kind")).describe(filled)
    draft = Draft(person, filled.text("reason"), filled.text("document"), content)

    def check(entries: list[Entry]) -> None:
        check_drafts(site, [draft], entries, now_ms // 1000)

    book = Book(book_path(site.path(site.file.journal.path)))
    check(book.entries())  # before a book is begun for something that may not stand
    return book.append([draft], now_ms, check)[0]
