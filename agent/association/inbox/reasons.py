"""Why a file is held, in both languages, each with what its sender can do about it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from agent.submission.fault import Fault
from agent.submission.fault_kinds import FaultKind
from agent.texts import LANGUAGES


class ReasonKind(StrEnum):
    """What is wrong."""

    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    NEWER_FORM = "newer_form"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    NOT_ON_ROSTER = "not_on_roster"
    KEY_OF_ANOTHER_SITE = "key_of_another_site"
    KEY_YEARS = "key_years"
    YEAR_NOT_OPEN = "year_not_open"
    WRONG_PLACE = "wrong_place"
    FIGURES = "figures"
    SAME_REVISION = "same_revision"
    PROVISIONAL_AFTER_FINAL = "provisional_after_final"


NOT_THE_SITES_OWN = frozenset(
    {
        ReasonKind.UNKNOWN_KEY,
        ReasonKind.BAD_SIGNATURE,
        ReasonKind.NOT_ON_ROSTER,
        ReasonKind.KEY_OF_ANOTHER_SITE,
        ReasonKind.KEY_YEARS,
    }
)
"""With one of these, nobody who may sign for the site has signed the file: anybody can put the site's name into it."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, with what was found: faults of the file, or names and numbers that need no language."""

    kind: ReasonKind
    found: tuple[Fault | str, ...] = ()

    def text(self, language: str) -> str:
        """What is wrong and what to do, then what was found, a line each."""
        return "\n".join([self.heading(language), *(f"  {line}" for line in self._lines(language))])

    def heading(self, language: str) -> str:
        """What is wrong and what to do, in one line."""
        return _TEXTS[self.kind][LANGUAGES.index(language)]

    @property
    def details(self) -> tuple[str, ...]:
        """What was found, in English, as `--json` gives it."""
        return tuple(self._lines("en"))

    def _lines(self, language: str) -> list[str]:
        """What was found, without what the heading says already."""
        words = _FOUND.get((self.kind, len(self.found)))
        if words is not None:
            return words[LANGUAGES.index(language)].format(*self.found).splitlines()
        return [
            each if isinstance(each, str) else each.text(language)
            for each in self.found
            if isinstance(each, str) or (self.kind, each.kind) not in _SAID_BY_HEADING
        ]

    def plain(self) -> list[str | dict[str, str]]:
        """The reason as a list of JSON: its kind, then what was found."""
        return [self.kind.value, *(each if isinstance(each, str) else each.plain() for each in self.found)]

    @classmethod
    def of_plain(cls, listed: Sequence[str | Mapping[str, str]]) -> Self:
        """A reason from what `plain` gave; of earlier programs all that was found is text."""
        kind, *found = listed
        return cls(
            ReasonKind(str(kind)), tuple(each if isinstance(each, str) else Fault.of_plain(each) for each in found)
        )


_SAID_BY_HEADING = {(ReasonKind.BAD_SIGNATURE, FaultKind.SIGNATURE)}

_FOUND: Mapping[tuple[ReasonKind, int], tuple[str, str]] = {
    (ReasonKind.KEY_YEARS, 3): ("FY{0}; key {1}: FY{2}", "{0}年度。鍵 {1} の有効年度: {2}"),
    (ReasonKind.YEAR_NOT_OPEN, 2): ("FY{0}; open: {1}", "{0}年度。受付中の年度: {1}"),
    (ReasonKind.SAME_REVISION, 3): (
        "revision {0} as received before: SHA-256 {1}\nthis file: SHA-256 {2}",
        "受領済みの第{0}版: SHA-256 {1}\nこのファイル: SHA-256 {2}",
    ),
}
"""Words around what was found, by how much that is; earlier programs put less into it, as one text."""

_TEXTS: Mapping[ReasonKind, tuple[str, str]] = {
    ReasonKind.TOO_LARGE: (
        "The file is larger than any submission. Send the .jws file that `atsuen submission build` wrote.",
        "ファイルが大きすぎます。`atsuen submission build` が作成した .jws ファイルを送信してください。",
    ),
    ReasonKind.UNREADABLE: (
        (
            "This is not a signed submission. Send the .jws file as it was written, not opened and "
            "saved by another program."
        ),
        (
            "署名付き提出書ではありません。作成された .jws ファイルを、他のソフトで開いて保存せず"
            "に、そのまま送信してください。"
        ),
    ),
    ReasonKind.NEWER_FORM: (
        (
            "The file is of a newer form than this program reads. Nothing to do for you: the "
            "association updates its program."
        ),
        "本プログラムより新しい様式の提出書です。協会側でプログラムを更新しますので、再送は不要です。",
    ),
    ReasonKind.UNKNOWN_KEY: (
        (
            "The association does not have the key that signed this. Send it the public key (`atsuen "
            "key show`), have the fingerprint compared on the telephone, then send the file again."
        ),
        (
            "署名鍵が協会に登録されていません。公開鍵(`atsuen key show`)を協会に送り"
            "、電話で指紋を照合した後、再送してください。"
        ),
    ),
    ReasonKind.BAD_SIGNATURE: (
        ("The signature does not hold: the file was changed after it was signed. Send the original, or sign it again."),
        "署名が成立しません。署名後に変更されています。元のファイルを送るか、署名し直してください。",
    ),
    ReasonKind.NOT_ON_ROSTER: (
        "This company and site are not on the association's roster. Check both names, or ask the association.",
        "この会社・事業所は名簿にありません。会社名と事業所名の識別子を確認するか、協会に問い合わせてください。",
    ),
    ReasonKind.KEY_OF_ANOTHER_SITE: (
        "The key is known, but it does not sign for this company and site. Sign with the site's own key.",
        "登録済みの鍵ですが、この会社・事業所の鍵ではありません。事業所自身の鍵で署名してください。",
    ),
    ReasonKind.KEY_YEARS: (
        (
            "The key does not sign for this fiscal year. Sign with the key of that year, or have the "
            "association extend it."
        ),
        "この年度に有効な鍵ではありません。該当年度の鍵で署名するか、協会に期間の延長を依頼してください。",
    ),
    ReasonKind.YEAR_NOT_OPEN: (
        "Documents of this fiscal year are not taken now. Check the year, or ask the association to open it.",
        "この年度の受付は行っていません。年度を確認するか、協会に受付を依頼してください。",
    ),
    ReasonKind.WRONG_PLACE: (
        (
            "The file was sent under another site's or year's topic. Send it under its own: "
            "ROOT/submission/COMPANY/SITE/YEAR."
        ),
        "他の事業所または年度のトピックに送信されています。ROOT/submission/会社/事業所/年度 に送信してください。",
    ),
    ReasonKind.FIGURES: (
        (
            "Figures inside do not follow from the quantities and factors inside. Build the submission "
            "again and send that."
        ),
        "内訳の数量と係数から計算した値と一致しません。提出書を作成し直して送信してください。",
    ),
    ReasonKind.SAME_REVISION: (
        "The association already has this revision with other content. Raise the revision and send it again.",
        "同じ版番号で内容の異なる提出書を受領済みです。版番号を上げて再送してください。",
    ),
    ReasonKind.PROVISIONAL_AFTER_FINAL: (
        (
            "The association already has a final document of this year. Provisional figures do not "
            "replace it; send a final one."
        ),
        "この年度の確定版を受領済みです。速報では置き換えられません。確定版として送信してください。",
    ),
}
