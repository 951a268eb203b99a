"""How long the association takes from 10,000 sites' documents to the printed form, and how much memory.

    python bench/association/aggregate.py [--sites N] [--companies N] [--plain]

Prints one line of JSON. Documents are read from JSON one at a time, as they come from disk, unsigned. Some fuels have
one user each, whose amount nobody may be able to work out. `--plain` leaves these fuels out.
"""

import argparse
import json
import resource
import time
from collections.abc import Iterator
from pathlib import Path

from agent.association.aggregate import Aggregation
from agent.association.confidentiality import rule_for
from agent.association.form import Form
from agent.association.load import Association, load_association
from agent.association.print_form import print_form
from agent.submission.document import Submission
from agent.submission.examine import open_unverified

CASE = Path(__file__).parents[2] / "tests" / "cases" / "association-2023"
FISCAL_YEAR = 2023
LIMIT_S, LIMIT_MB = 30.0, 500
RARE = (("coke", "t"), ("kerosene", "kL"), ("lng", "t"), ("naphtha", "kL"), ("crude_oil", "kL"), ("coal_tar", "t"))
"""Fuels of one user each, and their units."""


def documents(sites: int, companies: int, *, is_plain: bool) -> Iterator[bytes]:
    """The case's documents over and over, each under its own name and with its own quantities."""
    files = sorted((CASE / "documents").glob("*.jws"))
    models = [json.loads(open_unverified(path.read_bytes()).document) for path in files]
    for number in range(sites):
        model = models[number % len(models)]
        company, site = site_name(number, companies)
        quantity = f"{1000 + number}.125"
        energy = [line | {"quantity": quantity} for line in model["energy"]]
        if not is_plain and number < len(RARE):
            carrier, unit = RARE[number]
            fuel = {"id": "rare", "carrier": carrier, "kind": None, "unit": unit, "reference_state": None}
            energy.append(energy[0] | fuel)
        named = model | {"participant": {"company": company, "site": site}, "energy": energy}
        yield json.dumps(named).encode()


def site_name(number: int, companies: int) -> tuple[str, str]:
    """Company and site of a number."""
    return f"company_{number % companies}", f"site_{number}"


def form_of(association: Association, sites: int, companies: int, *, is_plain: bool) -> tuple[Form, float]:
    """The printed form, and when all documents were added."""
    expected = [site_name(number, companies) for number in range(sites)]
    aggregation = Aggregation(FISCAL_YEAR, association.uniform_factors(FISCAL_YEAR), expected)
    for written in documents(sites, companies, is_plain=is_plain):
        aggregation.add(Submission.model_validate_json(written))
    added = time.perf_counter()
    industry = aggregation.finish()
    rule = rule_for(industry, association.file.confidentiality)
    return print_form(association.form, association.book(industry), association.own_words, rule), added


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=10_000)
    parser.add_argument("--companies", type=int, default=2_000)
    parser.add_argument("--plain", action="store_true", help="no fuel has few users")
    asked = parser.parse_args()
    association = load_association(CASE)
    began = time.perf_counter()
    form, added = form_of(association, asked.sites, asked.companies, is_plain=asked.plain)
    ended = time.perf_counter()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result = {
        "what": f"form from {asked.sites} sites of {asked.companies} companies",
        "add_seconds": round(added - began, 1),
        "print_seconds": round(ended - added, 1),
        "seconds": round(ended - began, 1),
        "limit_seconds": LIMIT_S,
        "peak_mb": round(peak_mb),
        "limit_mb": LIMIT_MB,
        "tables": len(form.tables),
        "withheld": len(form.withheld),
        "holds": ended - began <= LIMIT_S and peak_mb <= LIMIT_MB,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
