"""Whether a file that was examined may be kept: what the verifier found, whose key it is, which year. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from agent.association.inbox.reasons import Reason, ReasonKind
from agent.association.inbox.roster import Roster
from agent.submission.document import Submission
from agent.submission.examine import Verdict
from agent.submission.fault import Fault
from agent.submission.fault_kinds import FaultKind

_SHOWN_FAULTS, _SHOWN_CHARACTERS = 20, 300


@dataclass(frozen=True, slots=True)
class Claim:
    """The company, site and fiscal year that the way of a file names, such as an MQTT topic."""

    company: str
    site: str
    fiscal_year: str

    def fits(self, document: Submission) -> bool:
        """Whether the document says the same."""
        who = document.participant
        return (self.company, self.site, self.fiscal_year) == (who.company, who.site, str(document.fiscal_year))


def judge(
    verdict: Verdict, roster: Roster, open_years: Collection[int], claim: Claim | None = None
) -> tuple[Reason, ...]:
    """Every reason to hold the file; none when it may be kept."""
    reasons = list(_about_signature(verdict))
    document = verdict.submission
    if document is None:
        return tuple(reasons)
    name, year = (document.participant.company, document.participant.site), document.fiscal_year
    if verdict.key is not None:
        objection = roster.objection(name, year, verdict.key.kid)
        reasons += [objection] if objection else []
    if year not in open_years:
        now_open = ", ".join(map(str, sorted(open_years))) or "–"
        reasons.append(Reason(ReasonKind.YEAR_NOT_OPEN, (f"{year}", now_open)))
    if claim is not None and not claim.fits(document):
        there = f"{claim.company}/{claim.site}/{claim.fiscal_year}"[:_SHOWN_CHARACTERS]
        reasons.append(Reason(ReasonKind.WRONG_PLACE, (f"{there} ≠ {'/'.join(name)}/{year}",)))
    if verdict.deviations:
        reasons.append(Reason(ReasonKind.FIGURES, _first(verdict.deviations)))
    return tuple(reasons)


def _about_signature(verdict: Verdict) -> list[Reason]:
    if not verdict.faults:
        return []
    kinds, found = {fault.kind for fault in verdict.faults}, _first(verdict.faults)
    if verdict.submission is None:
        return [Reason(ReasonKind.NEWER_FORM if FaultKind.NEWER_FORM in kinds else ReasonKind.UNREADABLE, found)]
    return [Reason(ReasonKind.UNKNOWN_KEY if FaultKind.UNKNOWN_KEY in kinds else ReasonKind.BAD_SIGNATURE, found)]


def _first(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """As many as a person reads, and how many more there are."""
    more = len(faults) - _SHOWN_FAULTS
    return tuple(faults) if more <= 0 else (*faults[:_SHOWN_FAULTS], Fault.of(FaultKind.MORE, count=more))
