"""Documents of participants as tests need them: a few lines, a class of product, and what else is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.association.uniform import UniformFactors
from agent.factor_files import load_factor_set
from agent.submission.annual_parts import AnnualData
from agent.submission.document import Submission
from agent.submission.examine import open_unverified

SHIPPED = Path(__file__).parents[3] / "configs"


@dataclass(frozen=True)
class Line:
    """A line of energy: the participant's own factor is nonsense on purpose, it must never matter."""

    carrier: str
    quantity: str
    unit: str
    kind: str | None = None
    state: str | None = None
    is_total: bool = True


Make = Callable[..., Submission]


def make_document(
    company: str = "alpha",
    site: str = "main",
    lines: Sequence[Line] = (),
    production_t: str = "1000",
    annual: AnnualData | None = None,
    fiscal_year: int = 2023,
    revision: int = 1,
    status: str = "final",
) -> Submission:
    """A document; its own figures are all zero or absurd."""
    return Submission.model_validate(
        {
            "participant": {"company": company, "site": site},
            "fiscal_year": fiscal_year,
            "revision": revision,
            "status": status,
            "origin": "typed",
            "scheme": "shk",
            "factor_revision": "x",
            "factors": [
                {
                    "number": 0,
                    "carrier": "electricity",
                    "quantity": "heat",
                    "value": "999",
                    "unit": "GJ/kWh",
                    "basis": "seen",
                    "source": "absurd",
                }
            ],
            "energy": [
                {
                    "id": f"line_{number}",
                    "carrier": line.carrier,
                    "kind": line.kind,
                    "is_total": line.is_total,
                    "quantity": line.quantity,
                    "unit": line.unit,
                    "reference_state": line.state,
                    "heat_factor": 0,
                    "energy_gj": "999999999",
                    "co2_kg": "999999999",
                }
                for number, line in enumerate(lines)
            ],
            "production": [{"id": "sheet", "quantity_t": production_t}],
            "totals": {
                "energy_gj": "999999999",
                "crude_oil_equivalent_kl": "0",
                "electricity_kwh": "0",
                "production_t": production_t,
            },
            "annual": annual or AnnualData(),
            "evidence": {"program": "test"},
            "approval": {"person": "somebody", "day": "2024-07-31"},
        }
    )


@pytest.fixture(name="make")
def fixture_make() -> Make:
    return make_document


@pytest.fixture(name="line")
def fixture_line() -> type[Line]:
    return Line


@pytest.fixture(scope="session", name="factors_2023")
def fixture_factors_2023() -> UniformFactors:
    folders = [SHIPPED / "factors"]
    adjusted = load_factor_set(folders, "association_adjusted", 2023)
    return UniformFactors(load_factor_set(folders, "association", 2023), adjusted)


@pytest.fixture(scope="session", name="case_folder")
def fixture_case_folder() -> Path:
    return Path(__file__).parents[2] / "cases" / "association-2023"


@pytest.fixture(scope="session", name="documents")
def fixture_documents(case_folder: Path) -> tuple[Submission, ...]:
    """The documents of the case."""
    paths = sorted((case_folder / "documents").glob("*.jws"))
    return tuple(open_unverified(path.read_bytes()).submission for path in paths)
