"""A small submission whose every figure was worked out by hand, the key of RFC 8037, and ways to sign anything."""

import base64
import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.accounting.entries import Content, Draft
from agent.accounting.interval import INTERVAL_MS, INTERVAL_S, Interval, Method
from agent.settings.site import Site, load_site
from agent.storage.book import Book, book_path
from agent.storage.journal import Batch, Journal
from agent.submission.document import Submission
from agent.submission.parts import Approval, FindingRecord
from agent.submission.sign import PrivateKey, PublicKey
from agent.submit import Wanted, build_for_site

D, X = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
"""RFC 8037, appendix A.1."""

Json = dict[str, Any]
Edit = Callable[[Json], None]

SMALL: Json = {
    "format": "atsuen-submission/1",
    "participant": {"company": "seto", "site": "marugame", "name_ja": "丸亀工場", "name_en": ""},
    "fiscal_year": 2023,
    "revision": 1,
    "status": "final",
    "through": None,
    "origin": "typed",
    "scheme": "association",
    "factor_revision": "2026-11-24",
    "factors": [
        {
            "number": 1,
            "carrier": "electricity",
            "quantity": "heat",
            "value": "9.76",
            "unit": "GJ/MWh",
            "reference_state": None,
            "supplier": None,
            "menu": None,
            "kind": "grid",
            "basis": "inferred",
            "source": "a",
        },
        {
            "number": 2,
            "carrier": "electricity",
            "quantity": "co2",
            "value": "0.420",
            "unit": "kg-CO2/kWh",
            "reference_state": None,
            "supplier": None,
            "menu": None,
            "kind": "grid",
            "basis": "seen",
            "source": "b",
        },
        {
            "number": 3,
            "carrier": "city_gas",
            "quantity": "heat",
            "value": "40.0",
            "unit": "GJ/1000 m3",
            "reference_state": "satp",
            "supplier": None,
            "menu": None,
            "kind": None,
            "basis": "seen",
            "source": "c",
        },
        {
            "number": 4,
            "carrier": "city_gas",
            "quantity": "co2",
            "value": "0.0140",
            "unit": "tC/GJ",
            "reference_state": None,
            "supplier": None,
            "menu": None,
            "kind": None,
            "basis": "seen",
            "source": "d",
        },
    ],
    "energy": [
        {
            "id": "grid",
            "name_ja": "",
            "name_en": "",
            "area": "site",
            "carrier": "electricity",
            "kind": "grid",
            "supplier": None,
            "menu": None,
            "is_total": True,
            "quantity": "250",
            "unit": "MWh",
            "reference_state": None,
            "metered": None,
            "heat_factor": 1,
            "co2_factor": 2,
            "energy_gj": "2440",  # 250 MWh × 9.76
            "co2_kg": "105000",  # 250,000 kWh × 0.420
            "shares": None,
            "corrections": [],
        },
        {
            "id": "gas",
            "name_ja": "",
            "name_en": "",
            "area": "site",
            "carrier": "city_gas",
            "kind": None,
            "supplier": None,
            "menu": None,
            "is_total": True,
            "quantity": "30000",
            "unit": "m3",
            "reference_state": "satp",
            "metered": None,
            "heat_factor": 3,
            "co2_factor": 4,
            "energy_gj": "1200",  # 30 thousand m3 × 40.0
            "co2_kg": "61600",  # 1,200 GJ × 0.0140 tC × 44/12 = 61.6 t
            "shares": {"expected_ms": 1000, "measured_ms": 700, "recovered_ms": 200, "substituted_ms": 100},
            "corrections": [3],
        },
    ],
    "production": [
        {"id": "can_body", "name_ja": "", "name_en": "", "quantity_t": "180.5", "shares": None, "corrections": []}
    ],
    "totals": {
        "energy_gj": "3640",
        "co2_kg": "166600",
        "crude_oil_equivalent_kl": "93.912",  # 3,640 GJ × 0.0258
        "electricity_kwh": "250000",
        "production_t": "180.5",
    },
    "corrections": [
        {
            "number": 3,
            "written": "2024-04-02T01:00:00Z",
            "kind": "invoice",
            "person": "計量責任者",
            "reason": "meter on repair",
            "document": "bill 4",
            "content": {"stream": "gas", "quantity": "100"},
            "is_withdrawn": False,
        }
    ],
    "assertions": [
        {
            "entry": 4,
            "line": "gas",
            "first_day": "2023-04-01",
            "last_day": "2023-04-30",
            "stated": "1000",
            "found": "1010",
            "unit": "m3",
            "tolerance_percent": "1",
            "holds": True,  # 10 is 1 % of 1,000
            "explanation": "",
        }
    ],
    "findings": [],
    "annual": {
        "measures": [],
        "best_practices": [],
        "practice_cases": None,
        "offices": None,
        "logistics": None,
        "credits": [],
        "invested_in_solar": None,
        "uses_hydro": None,
        "texts": {},
    },
    "evidence": {"ledger_head": None, "book_head": None, "factor_digest": None, "program": "by hand"},
    "approval": {"person": "工場長", "day": "2024-06-14"},
}


@pytest.fixture
def small() -> Json:
    return copy.deepcopy(SMALL)


@pytest.fixture
def key() -> PrivateKey:
    return PrivateKey(D, PublicKey(X, "seto"))


def text_of(document: Json) -> bytes:
    """Canonical JSON, without the code under test: Python's own writer with sorted keys is enough for ASCII keys."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def sign_by_hand(header: bytes, document: bytes) -> bytes:
    """A JWS of any header and any document with the key of RFC 8037, its signature good."""
    signed = f"{b64(header)}.{b64(document)}"
    secret = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(D + "="))
    return f"{signed}.{b64(secret.sign(signed.encode()))}".encode()


HEADER = b'{"alg":"EdDSA","kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","typ":"atsuen-submission+jws"}'
"""The kid is the thumbprint that RFC 8037 gives in appendix A.3."""


@pytest.fixture
def sign_it() -> Callable[[Json], bytes]:
    return lambda document: sign_by_hand(HEADER, text_of(document))


# A metered site ---


JST = timezone(timedelta(hours=9))
SITE = """
[site]
id = "mill"
name_ja = "圧延工場"
scheme = "association"
[journal]
path = "journal.sqlite3"
[[endpoint]]
id = "room"
protocol = "modbus"
host = "127.0.0.1"
poll_s = 300.0
device = [
  { id = "power", unit = 1, point = [
    { id = "energy", kind = "counter", unit = "kWh", modulus = 100000000, address = 0, type = "u32" },
  ] },
  { id = "gas", unit = 2, point = [
    { id = "volume", kind = "counter", unit = "m3", modulus = 100000000, address = 0, type = "u32" },
    { id = "pressure", kind = "gauge", unit = "kPa", scale = "0.001", address = 2, type = "u32" },
  ] },
  { id = "line", unit = 3, point = [
    { id = "coils", kind = "counter", unit = "kg", modulus = 100000000, address = 0, type = "u32" },
  ] },
]
[[stream]]
id = "grid"
carrier = "electricity"
kind = "grid"
area = "site"
unit = "kWh"
term = [{ point = "power.energy" }]
[[stream]]
id = "gas"
carrier = "city_gas"
area = "melting"
unit = "m3"
gas = { meter = "uncorrected", gauge_pressure_kpa = "gas.pressure", temperature_c = "25" }
term = [{ point = "gas.volume" }]
[[product]]
id = "sheet"
unit = "kg"
term = [{ point = "line.coils" }]
"""
YEAR = """
fiscal_year = 2023
[offices]
floor_area_m2 = 1900
energy_kl_coe = 28.9
co2_t = 52.2
"""


def utc_s(month: int, day: int, hour: int = 0, year: int = 2023) -> int:
    return int(datetime(year, month, day, hour, tzinfo=JST).timestamp())


APRIL, MAY = utc_s(4, 1), utc_s(5, 1)
HALF_HOURS = 30 * 48
APPROVAL = Approval(person="工場長", day="2023-05-10")
THROUGH_APRIL = Wanted(2023, "seto", APPROVAL, is_provisional=True)


@dataclass(frozen=True)
class Mill:
    """A site whose April 2023 is in the journal: every half hour 10 kWh, 120 m3 at 98.675 kPa, 1,000 kg."""

    site: Site

    def declare(self, *contents: Content) -> None:
        drafts = [
            Draft("計量責任者", "because", f"bill {number}", content) for number, content in enumerate(contents, 1)
        ]
        Book(book_path(self.site.path(self.site.file.journal.path))).append(drafts, utc_s(5, 2) * 1000)

    def build(self, wanted: Wanted = THROUGH_APRIL, findings: Sequence[FindingRecord] = ()) -> Submission:
        return build_for_site(self.site, wanted, utc_s(5, 10), findings)


@pytest.fixture
def mill(tmp_path: Path) -> Mill:
    (tmp_path / "site.toml").write_text(SITE, encoding="utf-8")
    (tmp_path / "years").mkdir()
    (tmp_path / "years" / "2023.toml").write_text(YEAR, encoding="utf-8")
    site = load_site(tmp_path)
    values = [
        ("power", "energy", 10.0),
        ("gas", "volume", 120.0),
        ("gas", "pressure", 98_675.0),
        ("line", "coils", 1000.0),
    ]
    intervals = [
        half_hour(device, point, start, value)
        for start in range(APRIL, MAY, INTERVAL_S)
        for device, point, value in values
    ]
    journal = Journal(site.path(site.file.journal.path), site.file.site.zone)
    journal.commit(Batch(intervals=list(enumerate(intervals, 1))))
    journal.close()
    return Mill(site)


def half_hour(device: str, point: str, start: int, value: float) -> Interval:
    method = Method.INTEGRATED if point == "pressure" else Method.MEASURED
    return Interval(device, point, start, 0.0, value, value, method, INTERVAL_MS, INTERVAL_MS, 1, 2)
