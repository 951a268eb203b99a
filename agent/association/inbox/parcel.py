"""What arrives, and what became of it: the words between the ways in, the receiver and whoever answers a sender."""

from dataclasses import dataclass
from enum import StrEnum

from agent.association.inbox.judge import Claim
from agent.association.inbox.reasons import Reason
from agent.submission.parts import Status
from agent.texts import LANGUAGES

_SHOWN_CHARACTERS = 300


class Channel(StrEnum):
    """The way that a file came."""

    MQTT = "mqtt"
    HTTPS = "https"
    FOLDER = "folder"
    COMMAND = "command"


class Outcome(StrEnum):
    """What became of it."""

    ACCEPTED = "accepted"
    KNOWN = "known"
    """The same document was there already: nothing changed."""
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A file that arrived: at most one byte more than any submission has, and the size it really had."""

    data: bytes
    size_bytes: int
    channel: Channel
    origin: str
    claim: Claim | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """What a document says it is."""

    company: str
    site: str
    fiscal_year: int
    revision: int
    status: Status
    digest: str

    def text(self, language: str, who: str = "") -> str:
        """Whose document it is and which, in words; `who` is the site's name, else it is called by its identifiers."""
        words = _VERSION[self.status][LANGUAGES.index(language)]
        version = words.format(fiscal_year=self.fiscal_year, revision=self.revision)
        return f"{who or f'{self.company}/{self.site}'} {version}"

    def __str__(self) -> str:
        return self.text("en")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a parcel from `origin`.

    Of revisions, `replaced` is the one that is no longer in force; `stays` is one that is in force still, before this
    document. `held_id` names a held file.
    """

    outcome: Outcome
    identity: Identity | None
    origin: str
    reasons: tuple[Reason, ...] = ()
    replaced: int | None = None
    stays: int | None = None
    held_id: int | None = None

    def text(self, language: str) -> str:
        """What the sender is told."""
        name = "" if self.identity is None else self.identity.text(language)
        digest = "" if self.identity is None else self.identity.digest
        said = _SAID[self.outcome][LANGUAGES.index(language)].format(name=name, digest=digest)
        reasons = (reason.text(language) for reason in self.reasons)
        return "\n".join(part for part in (said.strip(), self.place(language), *reasons) if part)

    def place(self, language: str) -> str:
        """How the document stands to the one that was in force until now; empty where there is nothing to say."""
        at = LANGUAGES.index(language)
        if self.replaced is not None:
            return _REPLACED[at].format(revision=self.replaced)
        if self.stays is None or self.identity is None:
            return ""
        is_after_final = self.identity.revision > self.stays  # a later revision comes first unless it is provisional
        return (_FINAL_STAYS if is_after_final else _STAYS)[at].format(revision=self.stays)


_VERSION = {
    Status.FINAL: ("FY{fiscal_year} revision {revision} (final)", "{fiscal_year}年度 第{revision}版(確定)"),
    Status.PROVISIONAL: ("FY{fiscal_year} revision {revision} (provisional)", "{fiscal_year}年度 第{revision}版(速報)"),
}

_SAID = {
    Outcome.ACCEPTED: ("Accepted: {name}. SHA-256 {digest}", "受領しました: {name} SHA-256 {digest}"),
    Outcome.KNOWN: (
        "Already received: {name}. Nothing changed. SHA-256 {digest}",
        "受領済みです: {name} 変更はありません。SHA-256 {digest}",
    ),
    Outcome.HELD: ("Held, not counted. {name}", "保留しました(集計に含めません)。{name}"),
}
_REPLACED = ("It takes the place of revision {revision}.", "第{revision}版に代わります。")
_STAYS = ("Revision {revision} stays in force.", "第{revision}版が引き続き有効です。")
_FINAL_STAYS = (
    "Revision {revision} is final and stays in force: provisional figures do not replace it. Send a final document.",
    "確定版(第{revision}版)が引き続き有効です。速報では置き換えられません。確定版として送信してください。",
)


def one_line(foreign: str) -> str:
    """A name from outside for a screen: no control characters, cut off."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in foreign[:_SHOWN_CHARACTERS])
