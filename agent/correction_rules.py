"""What an entry must keep to by itself: who says it, why, on what document, and numbers that can be. Knows no site."""

from collections.abc import Iterator
from decimal import Decimal

from agent.accounting.entries import Assertion, Content, Draft, Invoice, Substitution, SubstitutionMethod
from agent.accounting.entry_rules import OfPoint, Quantified
from agent.texts.sentences import Sentence, say
from collectors.frame import EXACT_COUNT_LIMIT, Point


def missing_words(draft: Draft) -> Iterator[Sentence]:
    """Person and reason are needed, and a document wherever a number is stated."""
    if not draft.person.strip():
        yield say("nobody_declares")
    if not draft.reason.strip():
        yield say("no_reason")
    if _states_a_number(draft.content) and not draft.document.strip():
        yield say("no_document")


def _states_a_number(content: Content) -> bool:
    if isinstance(content, Substitution):
        return content.quantity is not None
    return isinstance(content, OfPoint | Invoice | Assertion)


def register_bounds(name: str, point: Point, register: Decimal) -> Iterator[Sentence]:
    """A display shows what the register can hold, from zero to its modulus."""
    if not register.is_finite() or register < 0:
        yield say("register_below_zero", name=name, register=register)
    elif point.modulus is not None and register >= point.modulus * point.scale:
        turn = f"{point.modulus * point.scale:f}"
        yield say("register_beyond_turn", name=name, register=register, unit=point.unit, turn=turn)
    elif register / point.scale > EXACT_COUNT_LIMIT:
        yield say("register_too_long", name=name, register=register, unit=point.unit)


def quantity_problems(content: Quantified) -> Iterator[Sentence]:
    """A quantity is a number from 0 up, and stands where it has a meaning."""
    if isinstance(content, Substitution):
        if (content.quantity is not None) is not (content.method is SubstitutionMethod.VALUE):
            yield say("quantity_and_method")
        if content.state is not None and content.quantity is None:
            yield say("state_without_quantity")
    if content.quantity is not None and (not content.quantity.is_finite() or content.quantity < 0):
        yield say("no_quantity", quantity=content.quantity)
    if isinstance(content, Assertion) and not 0 <= content.tolerance_percent <= 100:
        yield say("tolerance_without_sense", percent=content.tolerance_percent)
