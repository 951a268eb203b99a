"""How long the association takes from 10,000 signed documents in its database to the printed form, and how much memory.

    python bench/association/through_the_store.py [--sites N] [--companies N] [--url URL]

Prints one line of JSON. Documents are signed; each is verified and stored on its own, as it would arrive.
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from agent.association.inbox.database import Database
from agent.association.inbox.held import HeldFiles
from agent.association.inbox.office import printed_year
from agent.association.inbox.parcel import Channel, Outcome, Parcel
from agent.association.inbox.receive import Receiver
from agent.association.inbox.roster import Grant, Roster
from agent.association.inbox.service import Service
from agent.association.inbox.service_file import ServiceFile, YearTable
from agent.association.inbox.store import Store
from agent.association.load import Association, load_association
from agent.association.settings_tables import CompanyTable, KeyTable, Role, SiteTable
from agent.submission.canonical import write_document
from agent.submission.document import Submission
from agent.submission.keys import ring_of
from agent.submission.parts import Participant
from agent.submission.sign import PrivateKey, new_key, sign

CASE = Path(__file__).parents[2] / "tests" / "cases" / "association-2023"
FISCAL_YEAR = 2023
LIMIT_S, LIMIT_MB = 30.0, 500


def documents(sites: int, companies: int, key: PrivateKey) -> Iterator[bytes]:
    """The case's documents over and over, signed, each under its own name."""
    models = [Submission.model_validate_json(path.read_bytes()) for path in sorted((CASE / "documents").glob("*.json"))]
    for number in range(sites):
        company, site = site_name(number, companies)
        named = models[number % len(models)].model_copy(update={"participant": Participant(company=company, site=site)})
        yield sign(write_document(named), key)


def site_name(number: int, companies: int) -> tuple[str, str]:
    """Company and site of a number."""
    return f"company_{number % companies}", f"site_{number}"


def service_of(sites: int, companies: int, key: PrivateKey) -> Service:
    """The case's association with as many sites, all of which sign with one key."""
    case = load_association(CASE)
    may = KeyTable(thumbprint=key.public.kid, from_fiscal_year=FISCAL_YEAR)
    names = [site_name(number, companies) for number in range(sites)]
    own: dict[str, list[SiteTable]] = {}
    for company, site in names:
        own.setdefault(company, []).append(SiteTable(id=site))
    tables = tuple(CompanyTable(id=name, role=Role.PARTICIPANT, site=tuple(found)) for name, found in own.items())
    association: Association = replace(case, file=case.file.model_copy(update={"company": tables}))
    grants = tuple(Grant(company, site, may) for company, site in names)
    roster = Roster(frozenset(names), ring_of(key.public), {key.public.kid: grants})
    year = YearTable.model_validate({"fiscal_year": FISCAL_YEAR, "deadline": "2024-07-31"})
    return Service(association, roster, ServiceFile(year=(year,)))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=10_000)
    parser.add_argument("--companies", type=int, default=2_000)
    parser.add_argument("--url", help="a PostgreSQL database without tables (default: a SQLite file)")
    asked = parser.parse_args()
    key = new_key()
    service = service_of(asked.sites, asked.companies, key)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(asked.url or f"sqlite:///{folder}/submissions.sqlite3")
        store = Store(database)
        receiver = Receiver(service, store, HeldFiles(database), lambda: 0)
        began = time.perf_counter()
        for file in documents(asked.sites, asked.companies, key):
            receipt = receiver.take(Parcel(file, len(file), Channel.COMMAND, "bench"))
            if receipt.outcome is not Outcome.ACCEPTED:
                raise SystemExit(receipt.text("en"))
        received = time.perf_counter()
        result = printed_year(service, FISCAL_YEAR, store.newest(FISCAL_YEAR))
        printed = time.perf_counter()
        database.close()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = {
        "what": f"form through the store from {len(result.documents)} sites of {asked.companies} companies",
        "store": "postgresql" if asked.url else "sqlite",
        "receive_seconds": round(received - began, 1),
        "received_per_second": round(asked.sites / (received - began)),
        "form_seconds": round(printed - received, 1),
        "limit_seconds": LIMIT_S,
        "peak_mb": round(peak_mb),
        "limit_mb": LIMIT_MB,
        "holds": printed - received <= LIMIT_S and peak_mb <= LIMIT_MB,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
