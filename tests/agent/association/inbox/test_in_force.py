"""Which document of a site's year is in force: the same, whatever order the documents come in."""

from itertools import permutations

import pytest

from agent.association.inbox.office import Office
from agent.association.inbox.parcel import Outcome
from agent.association.inbox.reasons import Reason, ReasonKind
from tests.agent.association.inbox.conftest import JULY_1_2024, House, OpenOffice, documents_in_force, parcel

ARRIVALS = {  # what comes: revision and status
    "provisional, then its final": ((1, "provisional"), (2, "final")),
    "a final one, then a provisional one of a higher revision": ((1, "final"), (2, "provisional")),
    "two final ones, a provisional one between them": ((1, "final"), (2, "provisional"), (3, "final")),
    "two provisional ones around a final one": ((1, "provisional"), (2, "final"), (3, "provisional")),
    "provisional ones alone": ((1, "provisional"), (2, "provisional")),
}
IN_FORCE = dict(zip(ARRIVALS, (2, 1, 3, 2, 2), strict=True))


@pytest.mark.parametrize("name", ARRIVALS)
def test_a_final_document_comes_before_provisional_ones_in_whatever_order_they_come(
    house: House, open_office: OpenOffice, name: str
) -> None:
    results = set()
    for arrivals in permutations(ARRIVALS[name]):
        office = open_office()
        for revision, status in arrivals:
            receipt = office.receiver.take(parcel(house.file(revision=revision, status=status)))
            assert receipt.outcome is Outcome.ACCEPTED
        (site, *_) = office.status(2023).sites
        assert site.in_force is not None
        counted = [document.revision for document, _ in documents_in_force(office.store, 2023)]
        assert office.store.digests_in_force(2023) == [site.in_force.identity.digest]
        flags = [entry.identity.revision for entry in office.store.entries() if entry.is_in_force]
        kept = tuple(entry.identity.revision for entry, _ in office.store.revisions("seto", "marugame", 2023))
        in_force = site.in_force.identity.revision
        results.add((in_force, tuple(counted), tuple(flags), kept, site.state, site.is_complete))
        office.__exit__(None, None, None)
        (house.folder / "submissions.sqlite3").unlink()
    wanted = IN_FORCE[name]
    ((*found, _, _),) = results
    assert found == [wanted, (wanted,), (wanted,), tuple(revision for revision, _ in ARRIVALS[name])]


def test_who_sends_provisional_figures_after_final_ones_is_told_what_counts(house: House, office: Office) -> None:
    office.receiver.take(parcel(house.file()))
    after = office.receiver.take(parcel(house.file(revision=2, status="provisional")))
    assert (after.outcome, after.replaced, after.stays) == (Outcome.ACCEPTED, None, 1)
    assert "Revision 1 is final and stays in force" in after.text("en")
    assert "確定版(第1版)が引き続き有効です" in after.text("ja")


def test_a_final_document_takes_the_place_of_a_later_provisional_one(house: House, office: Office) -> None:
    office.receiver.take(parcel(house.file(revision=2, status="provisional")))
    final = office.receiver.take(parcel(house.file(revision=1)))
    assert (final.replaced, final.stays) == (2, None)


def test_what_an_earlier_program_held_behind_a_final_document_is_taken_in_at_the_next_look(
    house: House, office: Office
) -> None:
    office.receiver.take(parcel(house.file()))
    reason = Reason(ReasonKind.PROVISIONAL_AFTER_FINAL, ("seto/marugame FY2023 r2 (provisional)",))
    file = parcel(house.file(revision=2, status="provisional"))
    office.held.hold(file, [reason], None, JULY_1_2024, is_known_key=True)
    assert [(receipt.outcome, receipt.stays) for receipt in office.receiver.take_held_again()] == [
        (Outcome.ACCEPTED, 1)
    ]
    assert office.held.open() == []
