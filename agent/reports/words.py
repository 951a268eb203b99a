"""What areas, carriers, kinds of electricity and factors are called in the reader's language. Knows no figure."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from agent.accounting.factors import Factor
from agent.accounting.gas_volume import ReferenceState
from agent.reports.report_texts import REPORT_TEXTS, report_texts
from agent.reports.table import Cell
from agent.texts import Texts

_ELECTRICITY = "electricity"


class Named(Protocol):
    """Whatever the site file gives an id and may give names."""

    @property
    def id(self) -> str:
        """How the site file calls it."""

    @property
    def name_ja(self) -> str:
        """Its Japanese name; may be empty."""

    @property
    def name_en(self) -> str:
        """Its English name; may be empty."""


def name_of(texts: Texts, named: Named) -> str:
    """What something is called in the reader's language; its id where it has no name."""
    return {"ja": named.name_ja, "en": named.name_en}[texts.language] or named.id


def area_name(texts: Texts, area: str) -> str:
    """An area's name: those of rolling mills in the reader's language, others as the site writes them."""
    key = f"area_{area}"
    return report_texts(texts)(key) if key in REPORT_TEXTS else area.replace("_", " ")


def area_cell(texts: Texts, area: str) -> Cell:
    """An area by its id, shown by its name."""
    return Cell(area, shown=area_name(texts, area))


def carrier_cell(texts: Texts, factor: Factor) -> Cell:
    """A factor's carrier by its id, shown by the name that the factor table gives it."""
    names = {"ja": factor.name_ja, "en": factor.name_en}
    is_electricity = factor.carrier == _ELECTRICITY
    return Cell(factor.carrier, shown=report_texts(texts)("power") if is_electricity else names[texts.language])


def uses_cell(texts: Texts, factor: Factor) -> Cell:
    """To what a factor applies: a kind of electricity, a supplier, a menu, which have no names but their ids."""
    say = report_texts(texts)
    uses = [use for use in (factor.kind, factor.supplier, factor.menu) if use is not None]
    shown = [say(f"power_{factor.kind}") if use is factor.kind else use for use in uses]
    return Cell(", ".join(uses), shown=", ".join(shown))


def quantity_cell(texts: Texts, factor: Factor) -> Cell:
    """What a factor gives."""
    return Cell(factor.quantity.value, shown=report_texts(texts)(f"quantity_{factor.quantity}"))


def basis_cell(texts: Texts, factor: Factor) -> Cell:
    """How well a factor's value is known."""
    return Cell(factor.basis.value, shown=report_texts(texts)(f"basis_{factor.basis}"))


def state_name(texts: Texts, state: ReferenceState | None) -> str:
    """The state in which a gas volume is counted, in brackets; empty for what is no gas."""
    if state is None:
        return ""
    name = report_texts(texts)(f"state_{state}")
    return f" ({name})"


def scheme_name(texts: Texts, scheme: str) -> str:
    """What a scheme is called in Japanese; in English, and one that is the site's own, by its id."""
    key = f"scheme_{scheme}"
    return report_texts(texts)(key) if key in REPORT_TEXTS else scheme


def event_name(texts: Texts, kind: str) -> str:
    """What an event is called; one of another release as it stands."""
    key = f"event_{kind}"
    return report_texts(texts)(key) if key in REPORT_TEXTS else kind


def methods_cell(texts: Texts, half_hours: Iterable[tuple[int, str]]) -> Cell:
    """How many half hours are known in which way."""
    say, counted = report_texts(texts), list(half_hours)
    named = [(count, say(f"method_{method}")) for count, method in counted]
    value, shown = (", ".join(f"{count} {method}" for count, method in pairs) for pairs in (counted, named))
    return Cell(value, shown=shown)


def finding_details(texts: Texts, names: Mapping[str, str], details: Mapping[str, str]) -> dict[str, str]:
    """What a finding has to say, with the names of lines in place of their ids, and the event in words."""
    told = dict(details)
    for key in ("line", "lines"):
        if key in told:
            told[key] = ", ".join(names.get(name, name) for name in told[key].split(", "))
    if "event" in told:
        told["event"] = event_name(texts, told["event"])
    return told
