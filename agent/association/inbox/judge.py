"""Whether a file that was examined may be kept: what the verifier found, whose key it is, which year. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from agent.association.inbox.reasons import Reason, ReasonKind
from agent.association.inbox.roster import Roster
from agent.submission.document import Submission
from agent.submission.examine import Verdict

_SHOWN_DETAILS, _SHOWN_CHARACTERS = 20, 300


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
        reasons.append(Reason(ReasonKind.YEAR_NOT_OPEN, (f"FY{year}; {now_open}",)))
    if claim is not None and not claim.fits(document):
        there = f"{claim.company}/{claim.site}/{claim.fiscal_year}"[:_SHOWN_CHARACTERS]
        reasons.append(Reason(ReasonKind.WRONG_PLACE, (f"{there} ≠ {'/'.join(name)}/{year}",)))
    if verdict.deviations:
        reasons.append(Reason(ReasonKind.FIGURES, _shown(map(str, verdict.deviations))))
    return tuple(reasons)


def _about_signature(verdict: Verdict) -> list[Reason]:
    if not verdict.reasons:
        return []
    details = _shown(verdict.reasons)
    if verdict.submission is None and any("newer version: it is" in reason for reason in verdict.reasons):
        return [Reason(ReasonKind.NEWER_FORM, details)]
    if verdict.submission is None:
        return [Reason(ReasonKind.UNREADABLE, details)]
    is_unknown = any("not on file" in reason for reason in verdict.reasons)
    return [Reason(ReasonKind.UNKNOWN_KEY if is_unknown else ReasonKind.BAD_SIGNATURE, details)]


def _shown(details: "Collection[str] | map[str]") -> tuple[str, ...]:
    found = [detail[:_SHOWN_CHARACTERS] for detail in details]
    more = len(found) - _SHOWN_DETAILS
    return tuple(found) if more <= 0 else (*found[:_SHOWN_DETAILS], f"… +{more}")
