"""The kinds of corrections that a person can type: their arguments, and the content that these say."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.entries import (
    Answer,
    Assertion,
    BookedQuantity,
    Content,
    Exclusion,
    Invoice,
    MeterReplacement,
    Reading,
    Substitution,
    SubstitutionMethod,
    Withdrawal,
)
from agent.accounting.gas_volume import ReferenceState
from agent.corrections import unit_of
from agent.settings.site import Site
from agent.typed import TypedError, check_unit, read_entry_number, read_instant, read_number, read_text


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a kind. All are taken as text, and understood by `Typed`."""

    flag: str
    purpose: str
    is_needed: bool = True
    choices: tuple[str, ...] = ()
    dest: str | None = None

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        """Add it to a parser."""
        choices = self.choices or None
        if not self.flag.startswith("-"):
            parser.add_argument("name", metavar=self.flag, help=self.purpose)
            return
        dest = self.dest or self.flag.removeprefix("--").replace("-", "_")
        metavar = None if choices else dest.upper()
        parser.add_argument(
            self.flag, dest=dest, required=self.is_needed, choices=choices, metavar=metavar, help=self.purpose
        )


class Typed:
    """What was typed for one correction. Each property raises TypedError for what cannot be understood."""

    def __init__(self, options: argparse.Namespace, site: Site) -> None:
        self.options = options
        self._site = site

    @property
    def name(self) -> str:
        """A point, stream or product that the site has."""
        unit_of(self._site, self.options.name)
        return str(self.options.name)

    @property
    def span(self) -> tuple[int, int]:
        """From and to in UTC seconds."""
        zone = self._site.file.site.zone
        return read_instant(self.options.start, zone), read_instant(self.options.end, zone)

    @property
    def at_utc_s(self) -> int:
        """The moment."""
        return read_instant(self.options.at, self._site.file.site.zone)

    def number(self, text: str) -> Decimal:
        """A number, in the unit in which the point or stream is declared."""
        check_unit(self.options.unit, unit_of(self._site, self.options.name), self.options.name)
        return read_number(text)

    @property
    def quantity(self) -> Decimal:
        """The quantity."""
        return self.number(self.options.quantity)

    @property
    def state(self) -> ReferenceState | None:
        """The reference state of a gas volume, where one is named."""
        return None if self.options.state is None else ReferenceState(self.options.state)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of correction: its name on the command line, and how its content comes about."""

    name: str
    purpose: str
    arguments: tuple[Argument, ...]
    describe: Callable[[Typed], Content]


def _substitution(typed: Typed) -> Substitution:
    method = SubstitutionMethod(typed.options.method)
    if typed.options.quantity is None:
        return Substitution(typed.name, *typed.span, method, None, typed.state)
    if typed.options.unit is None:
        raise TypedError("--quantity needs its --unit")
    return Substitution(typed.name, *typed.span, method, typed.quantity, typed.state)


def _replacement(typed: Typed) -> MeterReplacement:
    displays = (typed.number(typed.options.old_end), typed.number(typed.options.new_start))
    return MeterReplacement(typed.name, typed.at_utc_s * 1000, *displays)


_POINT = Argument("POINT", "the counter, written device.point")
_STREAM = Argument("STREAM", "the stream or product")
_AT = Argument("--at", "local date and time")
_SPAN = (
    Argument("--from", "local date or time", dest="start"),
    Argument("--to", "the first moment that no longer counts", dest="end"),
)
_QUANTITY = Argument("--quantity", "how much, in plain digits")
_UNIT = Argument("--unit", "the unit that goes with it, as the site declares it")
_STATE = Argument("--state", "what a gas volume refers to", is_needed=False, choices=tuple(ReferenceState))
_AMOUNT = (_QUANTITY, _UNIT, _STATE)
_METHOD = Argument("--method", "what stands in", choices=tuple(SubstitutionMethod))
_VALUE = (
    Argument("--quantity", "how much, for the method `value`", is_needed=False),
    Argument("--unit", "the unit that goes with it", is_needed=False),
    _STATE,
)

KINDS = (
    Kind(
        "reading",
        "a register as somebody read it off the display, at :00 or :30",
        (_POINT, _AT, Argument("--register", "what the display showed"), _UNIT),
        lambda typed: Reading(typed.name, typed.at_utc_s, typed.number(typed.options.register)),
    ),
    Kind(
        "quantity",
        "what a counter advanced, from a sheet",
        (_POINT, *_SPAN, _QUANTITY, _UNIT),
        lambda typed: BookedQuantity(typed.name, *typed.span, typed.quantity),
    ),
    Kind(
        "invoice",
        "an invoice that takes the place of the site's own meters",
        (_STREAM, *_SPAN, *_AMOUNT),
        lambda typed: Invoice(typed.name, *typed.span, typed.quantity, typed.state),
    ),
    Kind(
        "assert",
        "an invoice or bill that the figures are held against; changes nothing",
        (_STREAM, *_SPAN, *_AMOUNT, Argument("--tolerance", "in per cent")),
        lambda typed: Assertion(
            typed.name, *typed.span, typed.quantity, read_number(typed.options.tolerance), typed.state
        ),
    ),
    Kind(
        "exclude",
        "time in which a stream's readings do not count",
        (_STREAM, *_SPAN),
        lambda typed: Exclusion(typed.name, *typed.span),
    ),
    Kind("substitute", "what stands in for missing time", (_STREAM, *_SPAN, _METHOD, *_VALUE), _substitution),
    Kind(
        "replace",
        "a counter's meter that was replaced: the displays of the old one and of the new one",
        (
            _POINT,
            _AT,
            Argument("--old-end", "the old meter's last display"),
            Argument("--new-start", "the new meter's first display"),
            _UNIT,
        ),
        _replacement,
    ),
    Kind(
        "answer",
        "the explanation (--reason) of a finding that keeps a year from being closed",
        (Argument("FINDING", "the finding's key"),),
        lambda typed: Answer(read_text(typed.options.name)),
    ),
    Kind(
        "withdraw",
        "an earlier entry that no longer holds",
        (Argument("NUMBER", "its number in the book"),),
        lambda typed: Withdrawal(read_entry_number(typed.options.name)),
    ),
)
