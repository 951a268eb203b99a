"""Takes a file in, whatever way it came: verify, judge, keep or hold. Taking the same file again changes nothing."""

from collections.abc import Callable

from agent.association.inbox.held import HeldFiles
from agent.association.inbox.judge import judge
from agent.association.inbox.parcel import Identity, Outcome, Parcel, Receipt
from agent.association.inbox.reasons import Reason, ReasonKind
from agent.association.inbox.service import Service
from agent.association.inbox.store import Store
from agent.submission.examine import Verdict, examine
from agent.submission.fault import Fault
from agent.submission.fault_kinds import FaultKind
from agent.submission.sign import MAX_FILE_BYTES


class Receiver:
    """Takes files in for one association. Not for two threads at once; several programs may share the database."""

    def __init__(self, service: Service, store: Store, held: HeldFiles, now_utc_s: Callable[[], int]) -> None:
        self.service = service
        self._store = store
        self._held = held
        self._now_utc_s = now_utc_s

    def take(self, parcel: Parcel) -> Receipt:
        """What became of a file. Raises StoreAway when the database is: then nothing happened, try again."""
        if parcel.size_bytes > MAX_FILE_BYTES:
            fault = Fault.of(FaultKind.TOO_LARGE, size=f"{parcel.size_bytes:,}", limit=f"{MAX_FILE_BYTES:,}")
            return self._hold(parcel, (Reason(ReasonKind.TOO_LARGE, (fault,)),), None, is_known_key=False)
        verdict = examine(parcel.data, self.service.roster.ring)
        identity = _identity(verdict)
        if verdict.holds and identity is not None and self._store.see_again(identity.digest) == identity:
            return self._done(parcel, Receipt(Outcome.KNOWN, identity, parcel.origin))
        reasons = judge(verdict, self.service.roster, self.service.open_years, parcel.claim)
        if not reasons and verdict.submission is not None and verdict.key is not None and identity is not None:
            kept = self._store.keep(verdict.submission, identity, verdict.key.kid, parcel, self._now_utc_s())
            if kept.reason is None:
                receipt = Receipt(kept.outcome, identity, parcel.origin, replaced=kept.replaced, stays=kept.stays)
                return self._done(parcel, receipt)
            reasons = (kept.reason,)
        return self._hold(parcel, reasons, identity, is_known_key=verdict.key is not None)

    def take_held_again(self) -> list[Receipt]:
        """Look again at all held files that were kept: a new key, site or open year may let them in."""
        receipts = []
        for each in self._held.open_with_content():
            if any(reason.kind is ReasonKind.WRONG_PLACE for reason in each.reasons):
                continue  # whose message it was is not known any more
            parcel = self._held.content(each.id)
            if parcel is not None:
                receipts.append(self.take(parcel))
        return receipts

    def _done(self, parcel: Parcel, receipt: Receipt) -> Receipt:
        self._held.settle_file(parcel, self._now_utc_s())
        return receipt

    def _hold(
        self, parcel: Parcel, reasons: tuple[Reason, ...], identity: Identity | None, *, is_known_key: bool
    ) -> Receipt:
        held_id = self._held.hold(parcel, reasons, identity, self._now_utc_s(), is_known_key=is_known_key)
        return Receipt(Outcome.HELD, identity, parcel.origin, reasons, held_id=held_id)


def _identity(verdict: Verdict) -> Identity | None:
    document = verdict.submission
    if document is None or verdict.digest is None:
        return None
    who = document.participant
    return Identity(who.company, who.site, document.fiscal_year, document.revision, document.status, verdict.digest)
