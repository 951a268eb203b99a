"""The lines that an officer reads of receipts, of a year's status and of a form, in both languages. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from agent.association.inbox.asked import Asked
from agent.association.inbox.held import HeldFile
from agent.association.inbox.names import Names
from agent.association.inbox.parcel import Outcome, Receipt
from agent.association.inbox.status import SiteStatus, State, YearStatus
from agent.association.publish import FormResult
from agent.reports.table import rounded
from agent.submission.parts import Status
from agent.texts import LANGUAGES

_DIGITS = 12
_MOST_STRANGERS = 20

_WORDS: Mapping[str, tuple[str, str]] = {
    State.MISSING: ("missing", "未提出"),
    State.PROVISIONAL: ("provisional", "速報"),
    State.FINAL: ("final", "確定"),
    Outcome.ACCEPTED: ("accepted", "受領"),
    Outcome.KNOWN: ("known", "受領済み"),
    Outcome.HELD: ("held", "保留"),
    "claims": ("it says that it is {text}", "ファイルの記載 {text}"),
    "count": ("{count} {outcome}", "{outcome} {count}件"),
    "and": (", ", "、"),
    "revision": ("revision {revision}", "第{revision}版"),
    "late": ("late", "期限超過"),
    "came_late": ("after the deadline", "期限後に受領"),
    "known_percent": ("known {percent} %", "把握 {percent} %"),
    "known_measured": ("known {percent} %, of it measured {measured} %", "把握 {percent} %(うち計測 {measured} %)"),
    "typed": ("typed in", "手入力"),
    "summary": (
        "FY{year}: {final} final, {provisional} provisional, {missing} missing; due {deadline}",
        "{year}年度: 確定 {final}、速報 {provisional}、未提出 {missing}(期限 {deadline})",
    ),
    "held_file": ("held: {origin}", "保留: {origin}"),
    "strangers": (
        "files of strangers, held and counted against nobody: {count}",
        "事業所自身の署名がない保留ファイル(どの事業所の未処理にも数えません): {count}件",
    ),
    "names": ("{origin}; it names {who}", "{origin}(記載: {who})"),
    "more": ("and {count} more: see the inbox page or --json", "ほか {count}件。受付画面または --json を参照"),
    "question": ("question", "質問"),
    "answered": ("answered: {text} ({person})", "回答済み: {text}({person})"),
    "answer_kept": ("the answer is kept", "回答を保存しました"),
    "all_settled": ("nobody needs a reminder", "督促の必要はありません"),
    "no_letter": ("no documents were counted of {company}", "{company} の集計済みの報告はありません"),
    "written": ("written to {file}", "{file} に書き込みました"),
    "published": ("noted as published", "公表済みとして記録しました"),
    "finding": ("to be settled: {text}", "要対応: {text}"),
    "form_complete": (
        "complete: {there} of {all} sites",
        "{all}事業所中{there}事業所の報告を集計しました",
    ),
    "form_open": (
        "not complete: {there} of {all} sites; provisional {provisional}, missing {missing}",
        "未完成: {all}事業所中{there}事業所の報告を集計しました(速報 {provisional}、未提出 {missing})",
    ),
}


def word(language: str, key: str, **values: object) -> str:
    """The text of a key with its values filled in."""
    return _WORDS[key][LANGUAGES.index(language)].format(**values)


def receipt_lines(receipts: Sequence[Receipt], names: Names, language: str) -> list[str]:
    """A line for each file, below it why it is held or does not count; at the end how many there were of each kind."""
    lines = [line for receipt in receipts for line in _receipt_lines(receipt, names, language)]
    counts = Counter(receipt.outcome for receipt in receipts)
    told = [outcome for outcome in Outcome if outcome is not Outcome.KNOWN or counts[outcome]]
    total = [word(language, "count", count=counts[each], outcome=word(language, each)) for each in told]
    return [*lines, word(language, "and").join(total)]


def _receipt_lines(receipt: Receipt, names: Names, language: str) -> Iterable[str]:
    identity = receipt.identity
    line = f"{receipt.origin}: {word(language, receipt.outcome)}"
    if identity is not None:
        text = identity.text(language, names.site(identity.company, identity.site, language))
        said = word(language, "claims", text=text) if receipt.outcome is Outcome.HELD else text
        line += f": {said} {identity.digest[:_DIGITS]}"
    yield line
    if receipt.place(language):
        yield f"  {receipt.place(language)}"
    yield from (f"  {line}" for reason in receipt.reasons for line in reason.text(language).splitlines())


def status_lines(status: YearStatus, language: str) -> list[str]:
    """How a year stands: a line for each site, what is held and asked below it; then the files of strangers."""
    counts = {state.value: status.count(state) for state in State}
    lines = [word(language, "summary", year=status.fiscal_year, deadline=status.deadline or "–", **counts)]
    for site in status.sites:
        name = status.names.site(site.company, site.site, language)
        lines.append(f"{name}: {word(language, 'and').join(_facts(site, language))}")
        for held in site.held:
            lines.append(f"  {word(language, 'held_file', origin=held.origin)}")
            lines += [f"    {reason.heading(language)}" for reason in held.reasons]
        for asked in site.questions:
            lines += _question_lines(asked, language)
    return lines + _stranger_lines(status.strangers, language)


def _facts(site: SiteStatus, language: str) -> Iterable[str]:
    yield word(language, site.state)
    if site.in_force is not None:
        yield word(language, "revision", revision=site.in_force.identity.revision)
        yield known_text(site.in_force.known_percent, site.in_force.measured_percent, language)
    if site.is_late or site.came_late:
        yield word(language, "late" if site.is_late else "came_late")


def known_text(known: Decimal | None, measured: Decimal | None, language: str) -> str:
    """How much of the year's time is known, and how much of it was measured where the document's entry says so."""
    if known is None:
        return word(language, "typed")
    if measured is None:
        return word(language, "known_percent", percent=rounded(known, 1))
    return word(language, "known_measured", percent=rounded(known, 1), measured=rounded(measured, 1))


def _question_lines(asked: Asked, language: str) -> Iterable[str]:
    yield f"  {word(language, 'question')} [{asked.key}]: {asked.text(language)}"
    if asked.answer is not None:
        yield f"    {word(language, 'answered', text=asked.answer.text, person=asked.answer.person)}"


def _stranger_lines(strangers: Sequence[HeldFile], language: str) -> list[str]:
    if not strangers:
        return []
    lines = [word(language, "strangers", count=len(strangers))]
    for held in strangers[:_MOST_STRANGERS]:
        who = f"{held.company}/{held.site}"
        origin = held.origin if held.company is None else word(language, "names", origin=held.origin, who=who)
        lines.append(f"  {origin}")
        lines += [f"    {reason.heading(language)}" for reason in held.reasons]
    more = len(strangers) - _MOST_STRANGERS
    return lines if more <= 0 else [*lines, f"  {word(language, 'more', count=more)}"]


def form_line(result: FormResult, language: str) -> str:
    """How many of the participants' sites are in a form, and whether nothing is left to settle."""
    everybody = result.settings.participants()
    counts = {
        "all": len(everybody),
        "there": len(result.documents),
        "provisional": sum(fact.status is Status.PROVISIONAL for fact in result.documents),
        "missing": len(everybody) - len(result.documents),
    }
    return word(language, "form_open" if result.findings else "form_complete", **counts)


def finding_lines(result: FormResult, names: Names, language: str) -> list[str]:
    """What is to be settled before the form is final, a line each."""
    texts = (each.text(language, names.site(each.company, each.site, language)) for each in result.findings)
    return [word(language, "finding", text=text) for text in texts]
