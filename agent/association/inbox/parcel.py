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

    def __str__(self) -> str:
        return f"{self.company}/{self.site} FY{self.fiscal_year} r{self.revision} ({self.status.value})"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a parcel. `replaced` is the revision that is no longer the newest; `held_id` names a held file."""

    outcome: Outcome
    identity: Identity | None
    reasons: tuple[Reason, ...] = ()
    replaced: int | None = None
    held_id: int | None = None

    def text(self, language: str) -> str:
        """What the sender is told."""
        at = LANGUAGES.index(language)
        name = "" if self.identity is None else str(self.identity)
        said = _SAID[self.outcome][at].format(name=name, digest=self.identity.digest if self.identity else "")
        if self.replaced is not None:
            said += "\n" + _REPLACED[at].format(revision=self.replaced)
        return "\n".join([said.strip(), *(reason.text(language) for reason in self.reasons)])


_SAID = {
    Outcome.ACCEPTED: ("Accepted: {name}. SHA-256 {digest}", "受領しました: {name} SHA-256 {digest}"),
    Outcome.KNOWN: (
        "Already received: {name}. Nothing changed. SHA-256 {digest}",
        "受領済みです: {name} 変更はありません。SHA-256 {digest}",
    ),
    Outcome.HELD: ("Held, not counted. {name}", "保留しました(集計に含めません)。{name}"),
}
_REPLACED = ("It takes the place of revision {revision}.", "第{revision}版に代わります。")


def one_line(foreign: str) -> str:
    """A name from outside for a screen: no control characters, cut off."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in foreign[:_SHOWN_CHARACTERS])
