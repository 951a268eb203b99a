"""Questions to the sender of a document: what looks wrong, in both languages, under a key that stays. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from agent.association.printing import printed
from agent.association.site_years import SiteYear


@dataclass(frozen=True, slots=True)
class Question:
    """One question about a site's document. The key names the check and what it looked at, and stays over the years."""

    key: str
    company: str
    site: str
    fiscal_year: int
    text_ja: str
    text_en: str


def _ask(year: SiteYear, key: str, ja: str, en: str) -> Question:
    return Question(key, year.company, year.site, year.fiscal_year, ja, en)


def outlier(year: SiteYear, intensity: Decimal, median: Decimal) -> Question:
    """An energy intensity far from the other participants'."""
    own, usual = printed(intensity, 1), printed(median, 1)
    ja = f"エネルギー原単位 {own} GJ/t は参加事業所の中央値 {usual} GJ/t から大きく外れています。ご確認ください。"
    en = f"The energy intensity of {own} GJ/t is far from the participants' median of {usual} GJ/t. Is it right?"
    return _ask(year, "intensity_outlier", ja, en)


def unit_slip(year: SiteYear, what: str, now: Decimal, then: Decimal, unit: str) -> Question:
    """A quantity about 1,000 times or a thousandth of last year's."""
    new, old = printed(now, 0), printed(then, 0)
    ja = f"{what}: 本年度 {new} {unit}、前年度 {old} {unit}。約1,000倍の差は単位の誤りではありませんか。"
    en = f"{what}: {new} {unit} this year, {old} {unit} last year: a factor of about 1,000. Is it in another unit?"
    return _ask(year, f"unit_slip:{what}", ja, en)


def swapped(year: SiteYear, first: str, second: str) -> Question:
    """Two carriers whose figures look exchanged against last year's."""
    ja = f"{first} と {second} の値が前年度と入れ替わっているように見えます。ご確認ください。"
    en = f"The figures of {first} and {second} look exchanged against last year's. Is each in its own place?"
    return _ask(year, f"swapped:{first}:{second}", ja, en)


def jump(year: SiteYear, what: str, change_percent: Decimal) -> Question:
    """A change on last year beyond what the settings let pass."""
    change = printed(change_percent, 1)
    ja = f"{what} が前年度比 {change} % 変化しています。理由をお知らせください。"
    en = f"{what} changed by {change} % on last year. What is the reason?"
    return _ask(year, f"jump:{what}", ja, en)


def appeared(year: SiteYear, what: str, *, is_new: bool) -> Question:
    """A carrier stated in only one of the two years."""
    ja = f"{what} は前年度には{'なく、本年度にあります' if is_new else 'あり、本年度にはありません'}。ご確認ください。"
    en = (
        f"{what} is stated {'this year but not last year' if is_new else 'last year but not this year'}. Is that right?"
    )
    return _ask(year, f"appeared:{what}", ja, en)


def production_without_energy(year: SiteYear) -> Question:
    """Production, but no energy at all."""
    ja = "生産量がありますがエネルギー使用量がありません。記入漏れではありませんか。"
    return _ask(year, "production_without_energy", ja, "There is production but no energy. Was it left out?")


def energy_without_production(year: SiteYear) -> Question:
    """Energy, but no production."""
    ja = "エネルギー使用量がありますが生産量がありません。記入漏れではありませんか。"
    return _ask(year, "energy_without_production", ja, "There is energy but no production. Was it left out?")
