"""A participant's own intensities beside the anonymous spread of the others, as a letter to it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from agent.accounting.convert_units import EXACT
from agent.association.industry import Industry
from agent.association.publish import DocumentFact
from agent.association.spread import BLEND, Spread, intensities, spread_for
from agent.reports.table import rounded
from agent.submission.parts import Status
from agent.texts import LANGUAGES


class Compared(StrEnum):
    """What is compared: an amount of the association's uniform factors over production."""

    ENERGY = "energy"
    CO2 = "co2"


_UNITS = {Compared.ENERGY: ("GJ/t", 2), Compared.CO2: ("t-CO2/t", 3)}
_PARTS = {Compared.ENERGY: Decimal(1), Compared.CO2: Decimal(1000)}
"""How many units of the total (GJ, kg) make one of the printed unit."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One intensity: the participant's own, None without one, and the spread, None where the others are too few."""

    compared: Compared
    own: Decimal | None
    spread: Spread | None


@dataclass(frozen=True, slots=True)
class Letter:
    """What one participant may be told: its documents that were counted, and how it stands."""

    company: str
    fiscal_year: int
    documents: tuple[DocumentFact, ...]
    standings: tuple[Standing, ...]


def letters_of(industry: Industry, documents: Sequence[DocumentFact], minimum_others: int) -> list[Letter]:
    """A letter for each company of which documents were counted, in order of their ids."""
    values = {compared: _intensities(industry, compared) for compared in Compared}
    by_company: dict[str, list[DocumentFact]] = {}
    for fact in documents:
        by_company.setdefault(fact.company, []).append(fact)
    return [
        Letter(
            company,
            industry.fiscal_year,
            tuple(facts),
            tuple(_standing(company, compared, values[compared], minimum_others) for compared in Compared),
        )
        for company, facts in sorted(by_company.items())
    ]


def _intensities(industry: Industry, compared: Compared) -> dict[str, Decimal]:
    found = intensities(industry, compared.value)
    return {company: EXACT.divide(value, _PARTS[compared]) for company, value in found.items()}


def _standing(company: str, compared: Compared, values: Mapping[str, Decimal], minimum_others: int) -> Standing:
    return Standing(compared, values.get(company), spread_for(company, values, minimum_others))


def letter_text(letter: Letter, name: str, language: str) -> str:
    """The letter to a participant of this name."""
    say = _Words(language)
    lines = [
        say("title", name=name, year=letter.fiscal_year),
        say("counted", documents=_documents(say, letter.documents)),
    ]
    lines += [_line(say, standing) for standing in letter.standings]
    if any(standing.spread for standing in letter.standings):
        lines.append(say("how", count=BLEND))
    return "\n".join(lines) + "\n"


def letter_record(letter: Letter) -> Mapping[str, object]:
    """The same for programs, unrounded; what is not known or not told is null."""
    return {
        "company": letter.company,
        "fiscal_year": letter.fiscal_year,
        "documents": [
            {"site": each.site, "revision": each.revision, "status": each.status} for each in letter.documents
        ],
        "intensities": [_standing_record(standing) for standing in letter.standings],
    }


def _standing_record(standing: Standing) -> Mapping[str, object]:
    spread = standing.spread
    points = (spread.lower, spread.median, spread.upper) if spread else (None, None, None)
    lower, median, upper = (None if point is None else f"{point:f}" for point in points)
    return {
        "of": standing.compared.value,
        "unit": _UNITS[standing.compared][0],
        "own": None if standing.own is None else f"{standing.own:f}",
        "others": spread.others if spread else None,
        "lower_quartile": lower,
        "median": median,
        "upper_quartile": upper,
    }


def _documents(say: "_Words", documents: Sequence[DocumentFact]) -> str:
    return say("and").join(
        say("document", site=each.site, revision=each.revision, status=say(each.status.value)) for each in documents
    )


def _line(say: "_Words", standing: Standing) -> str:
    unit, decimals = _UNITS[standing.compared]

    def shown(value: Decimal) -> str:
        return rounded(value, decimals)

    what = say(standing.compared.value)
    if standing.own is None:
        return say("no_own", what=what)
    own = say("own", what=what, value=shown(standing.own), unit=unit)
    if standing.spread is None:
        return own + say("too_few")
    spread = standing.spread
    return own + say(
        "others",
        count=spread.others,
        lower=shown(spread.lower),
        median=shown(spread.median),
        upper=shown(spread.upper),
    )


class _Words:
    """The words of a letter in one language."""

    def __init__(self, language: str) -> None:
        self._at = LANGUAGES.index(language)

    def __call__(self, key: str, **values: object) -> str:
        return _TEXTS[key][self._at].format(**values)


_TEXTS: Mapping[str, tuple[str, str]] = {
    "title": (
        "{name}: fiscal {year}, beside the other participants",
        "{name} {year}年度 参加企業との比較",
    ),
    "counted": ("counted: {documents}", "集計した報告: {documents}"),
    "document": ("{site} revision {revision} ({status})", "{site} 第{revision}版({status})"),
    "and": (", ", "、"),
    Status.FINAL.value: ("final", "確定"),
    Status.PROVISIONAL.value: ("provisional", "速報"),
    Compared.ENERGY.value: ("Energy intensity, uniform factors", "エネルギー原単位(統一係数)"),
    Compared.CO2.value: ("CO2 intensity, uniform factors", "CO2原単位(統一係数)"),
    "own": ("{what}: yours {value} {unit}", "{what}: 貴社 {value} {unit}"),
    "no_own": (
        "{what}: none; production or a part of the energy is not known",
        "{what}: 算出できません(生産量またはエネルギーの一部が不明)",
    ),
    "others": (
        "; {count} others: lower quartile {lower}, median {median}, upper quartile {upper}",
        "、他 {count} 社: 下位四分位 {lower}、中央値 {median}、上位四分位 {upper}",
    ),
    "too_few": (
        "; the others are too few to be shown without giving one away",
        "、他社数が少なく個社が推測されるおそれがあるため、比較値は示せません",
    ),
    "how": (
        "Each point of the spread is the mean of {count} neighbours: nobody's own figure is in it.",
        "四分位・中央値はそれぞれ近傍{count}社の平均で、個社の値ではありません。",
    ),
}
