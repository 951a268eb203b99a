"""Writes the fourteen signed documents of this case. The chosen totals and the hand-made shares stand below.

    python tests/cases/association-2023/make_documents.py

Each run draws new keys: public ones go into `keys/` and `association.toml`, private ones are forgotten when it ends.
Nothing of the program's own accounting is used: figures of the participants are plain products of quantity and factor.
"""

import json
import re
from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal, localcontext
from pathlib import Path

from agent.submission.canonical import write_document
from agent.submission.document import Submission
from agent.submission.sign import new_key, sign

FOLDER = Path(__file__).parent
D = Decimal

SITES: dict[str, tuple[tuple[str, int], ...]] = {
    "company_a": (("north", 50), ("south", 30), ("coast", 20)),
    "company_b": (("east", 60), ("west", 40)),
    "company_c": (("river", 70), ("hill", 30)),
    "company_d": (("main", 100),),
    "company_e": (("main", 100),),
    "company_f": (("main", 100),),
    "company_g": (("main", 100),),
    "company_h": (("main", 100),),
    "company_i": (("main", 100),),
    "company_j": (("main", 100),),
}
"""Each company's sites with their share in per cent."""

Shares = Mapping[str, int]
ALL: Shares = dict(zip(SITES, (18, 16, 14, 12, 10, 9, 8, 6, 4, 3), strict=True))

PRODUCTION: dict[str, tuple[D, Shares]] = {
    # class: t, shares; sheet comes to 653,358 t
    "can_body": (D(260_000), {"company_a": 28, "company_b": 24, "company_c": 30, "company_d": 18}),
    "foil_stock": (D(60_000), {"company_c": 30, "company_e": 30, "company_f": 40}),
    "general_sheet": (
        D(233_358),
        {"company_a": 18, "company_b": 18, "company_d": 14, "company_e": 24, "company_f": 16, "company_g": 10},
    ),
    "car_panel": (D(100_000), {"company_a": 35, "company_b": 25, "company_d": 22, "company_g": 18}),
    "extrusion": (
        D(435_571),
        {
            "company_a": 12,
            "company_b": 10,
            "company_c": 11,
            "company_d": 9,
            "company_g": 11,
            "company_h": 22,
            "company_i": 15,
            "company_j": 10,
        },
    ),
}

ENERGY: dict[str, tuple[str, str | None, str, str | None, D, Shares]] = {
    # line: carrier, kind, unit, reference state, total, shares
    "power": (
        "electricity",
        "grid",
        "MWh",
        None,
        D(1_016_700),
        {**ALL, "company_b": 13, "company_d": 9, "company_i": 10},
    ),
    "renewable_power": (
        "electricity",
        "renewable_menu",
        "MWh",
        None,
        D(110_000),
        {"company_b": 40, "company_d": 30, "company_f": 20, "company_h": 10},
    ),
    "hydro_power": ("electricity", "own_hydro", "MWh", None, D(10_000), {"company_c": 60, "company_j": 40}),
    "solar_power": ("electricity", "own_solar", "MWh", None, D(300), {"company_e": 100}),
    "wheeled_power": (
        "electricity",
        "wheeled",
        "MWh",
        None,
        D(3_000),
        {"company_a": 50, "company_c": 30, "company_g": 20},
    ),
    "city_gas": (
        "city_gas",
        None,
        "1000 m3",
        "satp",
        D(168_440),
        {
            "company_a": 24,
            "company_b": 20,
            "company_c": 16,
            "company_d": 14,
            "company_e": 12,
            "company_f": 9,
            "company_h": 5,
        },
    ),
    "lpg": (
        "lpg",
        None,
        "t",
        None,
        D(40_259),
        {"company_c": 20, "company_g": 35, "company_h": 20, "company_i": 15, "company_j": 10},
    ),
    "heavy_oil_a": (
        "heavy_oil_a",
        None,
        "kL",
        None,
        D(35_990),
        {"company_a": 30, "company_b": 25, "company_e": 25, "company_g": 20},
    ),
    "kerosene": ("kerosene", None, "kL", None, D(5_479), {"company_c": 40, "company_d": 35, "company_j": 25}),
}

FACTORS: dict[str, tuple[str, str, str, str]] = {
    # carrier: heat value, unit, CO2 value, unit: what the participants' own books say, electricity by their supplier
    "electricity": ("8.64", "GJ/MWh", "0.000455", "t-CO2/kWh"),
    "city_gas": ("40.0", "GJ/1000 m3", "0.0140", "tC/GJ"),
    "lpg": ("50.1", "GJ/t", "0.0163", "tC/GJ"),
    "heavy_oil_a": ("38.9", "GJ/kL", "0.0193", "tC/GJ"),
    "kerosene": ("36.5", "GJ/kL", "0.0187", "tC/GJ"),
}

MEASURES: dict[str, tuple[D, D, D, D, Shares]] = {
    # category: FY2023 million yen and t-CO2, from FY2024 million yen and t-CO2, shares
    "furnaces": (
        D(164),
        D(998),
        D(2543),
        D(7088),
        {"company_a": 35, "company_b": 25, "company_d": 20, "company_h": 20},
    ),
    "efficient_equipment": (
        D(255),
        D(731),
        D(287),
        D(295),
        {"company_b": 30, "company_c": 30, "company_e": 25, "company_i": 15},
    ),
    "lighting": (D(59), D(560), D(102), D(559), {"company_a": 40, "company_f": 30, "company_j": 30}),
    "inverters": (D(23), D(193), D(11), D(92), {"company_c": 40, "company_d": 35, "company_g": 25}),
    "operation": (D(1), D(178), D(0), D(109), {"company_b": 40, "company_e": 30, "company_h": 30}),
    "existing_equipment": (
        D(162),
        D(301),
        D(49),
        D(368),
        {"company_a": 30, "company_f": 30, "company_g": 20, "company_i": 20},
    ),
    "compressed_air": (D(0), D(75), D(0), D(24), {"company_c": 40, "company_d": 30, "company_j": 30}),
    "other": (D(62), D(65), D(230), D(567), {"company_a": 25, "company_e": 40, "company_h": 35}),
}

OFFICES = (D(19_000), D("288.8"), D("522.5"))
"""Floor area in m2, energy in kL of crude oil, CO2 in t."""
CASES = {"company_a": 5, "company_b": 4, "company_c": 3, "company_d": 3, "company_f": 2, "company_g": 1}
SOLAR, HYDRO = {"company_e"}, {"company_c", "company_j"}
J_CREDIT = {"company_a": D(1200), "company_b": D(800), "company_g": D(300)}
NON_FOSSIL = {"company_a": D(900_000), "company_d": D(400_000), "company_f": D(250_000)}
METERED = {"company_a": 0, "company_c": 1_440, "company_g": 90}
"""Companies with the agent, and how many minutes were recovered after an outage. The others typed their totals."""
YEAR_MINUTES = 366 * 24 * 60
MINUTE_MS = 60_000


def share_out(total: D, shares: Mapping[str, int], step: str = "0.1") -> dict[str, D]:
    """The total by shares, cut to the step; the first takes what is left over, so that the sum is exact."""
    parts = {
        name: (total * share / sum(shares.values())).quantize(D(step), ROUND_DOWN) for name, share in shares.items()
    }
    first = next(iter(parts))
    parts[first] += total - sum(parts.values())
    return parts


def text(number: D) -> str:
    """A number as a document writes it."""
    return f"{number:f}"


def flows_of(company: str) -> list[tuple[str, str | None]]:
    """The carriers, and kinds of electricity, that a company uses, in order."""
    return [(carrier, kind) for carrier, kind, _, _, _, shares in ENERGY.values() if company in shares]


def factor_records(company: str) -> list[dict[str, object]]:
    """Two records a flow, heat and CO2, numbered from 1."""
    records: list[dict[str, object]] = []
    for carrier, kind in flows_of(company):
        heat, heat_unit, co2, co2_unit = FACTORS[carrier]
        for quantity, value, unit in (("heat", heat, heat_unit), ("co2", co2, co2_unit)):
            record: dict[str, object] = {"number": len(records) + 1, "carrier": carrier, "quantity": quantity}
            record |= {"value": value, "unit": unit, "basis": "seen", "source": "made up for this case"}
            record |= {"kind": kind, "supplier": "made_up_power"} if kind else {}
            record |= {"reference_state": "satp"} if unit == "GJ/1000 m3" else {}
            records.append(record)
    return records


def energy_lines(company: str, site: str) -> list[dict[str, object]]:
    """The site's lines with its own figures."""
    lines: list[dict[str, object]] = []
    for name, (carrier, kind, unit, state, total, shares) in ENERGY.items():
        if company not in shares:
            continue
        quantity = of_site(company, site, share_out(total, shares)[company])
        heat, _, co2, co2_unit = FACTORS[carrier]
        energy_gj = quantity * D(heat)
        co2_kg = energy_gj * D(co2) * 1000 * 44 / 12 if co2_unit == "tC/GJ" else quantity * 1000 * D(co2) * 1000
        number = 2 * flows_of(company).index((carrier, kind)) + 1
        line: dict[str, object] = {"id": name, "carrier": carrier, "quantity": text(quantity), "unit": unit}
        line |= {"heat_factor": number, "co2_factor": number + 1}
        line |= {"energy_gj": text(energy_gj), "co2_kg": text(co2_kg)}
        line |= {"kind": kind, "supplier": "made_up_power"} if kind else {}
        line |= {"reference_state": state} if state else {}
        lines.append(line | shares_of_time(company))
    return lines


def shares_of_time(company: str) -> dict[str, object]:
    """How the time of a line is known, at a company with the agent."""
    if company not in METERED:
        return {}
    minutes = {"expected": YEAR_MINUTES, "measured": YEAR_MINUTES - METERED[company], "recovered": METERED[company]}
    return {"shares": {f"{name}_ms": count * MINUTE_MS for name, count in minutes.items()} | {"substituted_ms": 0}}


def of_site(company: str, site: str, amount: D) -> D:
    """A site's part of its company's amount."""
    return share_out(amount, dict(SITES[company]), "0.001")[site]


def production(company: str, site: str) -> list[dict[str, object]]:
    """The site's production by class."""
    return [
        {"id": name, "quantity_t": text(of_site(company, site, share_out(total, shares)[company]))}
        | shares_of_time(company)
        for name, (total, shares) in PRODUCTION.items()
        if company in shares
    ]


def annual(company: str, site: str) -> dict[str, object]:
    """The annual data; what belongs to the company stands with its first site."""
    is_first = site == SITES[company][0][0]
    answers: dict[str, object] = {
        "invested_in_solar": company in SOLAR and is_first,
        "uses_hydro": company in HYDRO and is_first,
    }
    if not is_first:
        return answers
    area, energy, co2 = (share_out(total, ALL)[company] for total in OFFICES)
    credit = (
        [{"kind": "j_credit", "use": "retired", "quantity": text(J_CREDIT[company]), "unit": "t-CO2"}]
        if company in J_CREDIT
        else []
    )
    if company in NON_FOSSIL:
        credit.append({"kind": "non_fossil", "use": "retired", "quantity": text(NON_FOSSIL[company]), "unit": "kWh"})
    return answers | {
        "measures": list(measures(company)),
        "offices": {"floor_area_m2": text(area), "energy_kl_coe": text(energy), "co2_t": text(co2)},
        "credits": credit,
        "practice_cases": CASES.get(company, 0),
    }


def measures(company: str) -> list[dict[str, object]]:
    """The company's measures, done and planned."""
    found: list[dict[str, object]] = []
    for category, (yen, t, later_yen, later_t, shares) in MEASURES.items():
        if company not in shares:
            continue
        for investment, reduction, is_planned in ((yen, t, False), (later_yen, later_t, True)):
            found.append(
                {
                    "category": category,
                    "title": category.replace("_", " "),
                    "investment_million_yen": text(share_out(investment, shares, "0.01")[company]),
                    "co2_reduction_t": text(share_out(reduction, shares)[company]),
                    "is_planned": is_planned,
                }
            )
    return found


def document(company: str, site: str) -> dict[str, object]:
    """A site's whole document, with the 40 digits of all figures."""
    with localcontext(prec=40):
        return whole_document(company, site)


def whole_document(company: str, site: str) -> dict[str, object]:
    """The document under the digits that are set."""
    lines, products = energy_lines(company, site), production(company, site)
    energy_gj = sum((D(str(line["energy_gj"])) for line in lines), D(0))
    kwh = sum((D(str(line["quantity"])) * 1000 for line in lines if line["carrier"] == "electricity"), D(0))
    totals = {
        "energy_gj": text(energy_gj),
        "co2_kg": text(sum((D(str(line["co2_kg"])) for line in lines), D(0))),
        "crude_oil_equivalent_kl": text(energy_gj * D("0.0258")),
        "electricity_kwh": text(kwh),
        "production_t": text(sum((D(str(product["quantity_t"])) for product in products), D(0))),
    }
    return {
        "format": "atsuen-submission/1",
        "participant": {"company": company, "site": site},
        "fiscal_year": 2023,
        "revision": 1,
        "status": "final",
        "origin": "metered" if company in METERED else "typed",
        "scheme": "shk",
        "factor_revision": "2024-07-01",
        "factors": factor_records(company),
        "energy": lines,
        "production": products,
        "totals": totals,
        "annual": annual(company, site),
        "evidence": {"program": "made up" if company in METERED else "typed in by hand"},
        "approval": {"person": "made up", "day": "2024-07-31"},
    }


def sign_all() -> list[str]:
    """Write each site's document, signed, and its public key; gives the thumbprints in the order of the sites."""
    thumbprints = []
    for company, sites in SITES.items():
        for site, _ in sites:
            key = new_key()
            signed = sign(write_document(Submission.model_validate(document(company, site))), key)
            (FOLDER / "documents" / f"{company}-{site}-2023-r1.jws").write_bytes(signed)
            public = json.dumps(key.public.jwk, indent=1) + "\n"
            (FOLDER / "keys" / f"{company}-{site}.jwk").write_text(public, encoding="ascii")
            thumbprints.append(key.public.kid)
    return thumbprints


def main() -> None:
    """Write all documents and keys, and put the thumbprints on the roster, whose sites stand in the same order."""
    for name in ("documents", "keys"):
        (FOLDER / name).mkdir(exist_ok=True)
    roster = FOLDER / "association.toml"
    before, *after = re.split(r'(?<=^thumbprint = ")[^"]*', roster.read_text(encoding="utf-8"), flags=re.MULTILINE)
    parts = (thumbprint + part for thumbprint, part in zip(sign_all(), after, strict=True))
    roster.write_text(before + "".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
