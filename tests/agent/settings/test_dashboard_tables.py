"""The tables of the manager's pages: what they turn into, and every mistake with its line and column."""

from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from agent.accounting.baseline import Measure
from agent.accounting.demand import Contract
from agent.accounting.prices import Price
from agent.accounting.streams import Stream
from agent.accounting.target import TargetFigure, TargetPath
from agent.alerts.rules import AlertKind, AlertRule
from agent.settings.dashboard_checks import ALERT_KEYS, DashboardTables, check_dashboard
from agent.settings.dashboard_rules import alert_rules_of, contract_of, measures_of, paths_of, prices_of
from agent.settings.dashboard_tables import (
    AlertTable,
    BaselineTable,
    DemandTable,
    MeasureTable,
    PriceTable,
    ShiftsTable,
    TargetTable,
)
from agent.settings.toml_source import TomlSource, read_toml
from collectors.frame import Kind, Point

TOKYO = ZoneInfo("Asia/Tokyo")
STREAMS = [
    Stream("grid_power", "electricity", "site", "kWh", ()),
    Stream("air_power", "electricity", "utilities", "kWh", (), is_total=False),
    Stream("melting_gas", "city_gas", "melting", "m3", ()),
]
POINTS = {
    "furnace.phase": Point("phase", Kind.STATE, "1"),
    "furnace.gas": Point("gas", Kind.COUNTER, "m3"),
}

WHOLE = """\
[demand]
stream = "grid_power"
contract_kw = 20000
shed = [{ stream = "air_power", keeps_kw = 200 }]

[baseline]
from_day = 2022-04-01
to_day = 2023-04-01

[[measure]]
name_ja = "バーナー更新"
name_en = "new burners"
from_day = 2023-10-02

[[target]]
figure = "energy_gj_per_t"
base_year = 2013
base = 20.5
value = 17.0

[[price]]
stream = "grid_power"
yen_per_unit = "18.50"
valid_to = 2023-10-02

[[price]]
stream = "grid_power"
yen_per_unit = "20.10"
valid_from = 2023-10-02

[shifts]
starts = [07:00:00, 19:00:00]

[[alert]]
id = "intensity_high"
kind = "intensity"
over_percent = 10
for_min = 60
window_h = 4

[[alert]]
id = "idle_furnace"
kind = "idle_burner"
stream = "melting_gas"
limit = 40
charge = "furnace.phase"
idle = [0]
for_min = 30
clear_min = 5
hysteresis_percent = 20

[[alert]]
id = "air_at_weekends"
kind = "base_load"
stream = "air_power"
limit = 300

[[alert]]
id = "furnace_silent"
kind = "silent"
device = "furnace"
for_min = 10

[[alert]]
id = "gas_stuck"
kind = "stuck"
point = "furnace.gas"
for_min = 120
while_producing = true

[[alert]]
id = "demand"
kind = "demand"

[[alert]]
id = "losses"
kind = "residual"
balance = "power"
over_percent = 5
"""


def tables_of(data: dict[str, Any]) -> DashboardTables:
    return DashboardTables(
        DemandTable(**data["demand"]) if "demand" in data else None,
        BaselineTable(**data["baseline"]) if "baseline" in data else None,
        tuple(MeasureTable(**each) for each in data.get("measure", ())),
        tuple(TargetTable(**each) for each in data.get("target", ())),
        tuple(PriceTable(**each) for each in data.get("price", ())),
        ShiftsTable(**data.get("shifts", {})),
        tuple(AlertTable(**each) for each in data.get("alert", ())),
    )


def read(folder: Path, text: str) -> tuple[TomlSource, DashboardTables]:
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    source = read_toml(path)
    return source, tables_of(source.data)


def mistakes(folder: Path, text: str) -> list[str]:
    """Every mistake without the file's path: `line:column: message (hint)`."""
    source, tables = read(folder, text)
    found = check_dashboard(source, tables, STREAMS, POINTS, ["power"])
    return [str(mistake).removeprefix(f"{source.path}:") for mistake in found]


def test_a_whole_example_has_no_mistakes(tmp_path: Path) -> None:
    assert mistakes(tmp_path, WHOLE) == []
    assert mistakes(tmp_path, "") == []


def test_what_the_tables_turn_into(tmp_path: Path) -> None:
    _, tables = read(tmp_path, WHOLE)
    midnight = 1_696_172_400
    assert tables.demand is not None
    assert contract_of(tables.demand) == Contract(20_000, 95)
    assert paths_of(tables.target) == (TargetPath(TargetFigure.ENERGY_INTENSITY, 2013, 20.5, 2030, 17),)
    assert prices_of(tables.price, TOKYO) == (
        Price("grid_power", Decimal("18.50"), None, midnight),
        Price("grid_power", Decimal("20.10"), midnight, None),
    )
    assert measures_of(tables.measure, TOKYO, "ja") == (Measure("バーナー更新", midnight),)
    assert measures_of(tables.measure, TOKYO, "en") == (Measure("new burners", midnight),)
    assert tables.shifts.starts == (time(7), time(19))
    assert tables.baseline == BaselineTable(from_day=date(2022, 4, 1), to_day=date(2023, 4, 1))


def test_the_rules_of_the_alerts(tmp_path: Path) -> None:
    """10 % below the limit where nothing else is said; 1 % for demand; none for what is silent or stuck."""
    _, tables = read(tmp_path, WHOLE)
    assert alert_rules_of(tables.alert, tables.demand) == (
        AlertRule("intensity_high", AlertKind.INTENSITY, 10, 9, 3600, 3600),
        AlertRule("idle_furnace", AlertKind.IDLE_BURNER, 40, 32, 1800, 300),
        AlertRule("air_at_weekends", AlertKind.BASE_LOAD, 300, 270),
        AlertRule("furnace_silent", AlertKind.SILENT, 600, 600),
        AlertRule("gas_stuck", AlertKind.STUCK, 7200, 7200),
        AlertRule("demand", AlertKind.DEMAND, 19_000, 18_810),
        AlertRule("losses", AlertKind.RESIDUAL, 5, 4.5),
    )


def test_a_rule_that_was_not_checked_has_no_limit() -> None:
    with pytest.raises(ValueError, match="alert a has no limit"):
        alert_rules_of([AlertTable(id="a", kind=AlertKind.RESIDUAL)], None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '[demand]\nstream = "grid_powr"\ncontract_kw = 1',
            "2:1: no stream 'grid_powr' (did you mean 'grid_power'?)",
        ),
        (
            '[demand]\nstream = "melting_gas"\ncontract_kw = 1',
            "2:1: melting_gas is counted in m3 (one in kWh, MWh, GWh is needed)",
        ),
        (
            '[demand]\nstream = "grid_power"\ncontract_kw = 1\nshed = [{ stream = "air" }]',
            "4:11: no stream 'air' ",
        ),
        (
            '[demand]\nstream = "grid_power"\ncontract_kw = 1\nshed = [{stream = "air_power"}, {stream = "air_power"}]',
            "4:34: air_power is to be switched off twice (name each load once, in order)",
        ),
        (
            "[baseline]\nfrom_day = 2023-04-01\nto_day = 2023-04-01",
            "3:1: to_day is not after from_day (to_day no longer counts)",
        ),
        (
            '[[target]]\nfigure = "co2_t"\nbase_year = 2030\nbase = 1\nvalue = 1',
            "1:3: the target year 2030 is not after 2030",
        ),
        (
            '[[target]]\nfigure = "co2_t"\nbase_year = 2013\nbase = 1\nvalue = 1\n' * 2,
            "7:1: co2_t has a target already (one path for each figure)",
        ),
        (
            '[[price]]\nstream = "grid_power"\nyen_per_unit = 1\n' * 2,
            "4:3: grid_power has two prices at a time (end the first with valid_to)",
        ),
        (
            '[[price]]\nstream = "steam"\nyen_per_unit = 1',
            "2:1: no stream 'steam'",
        ),
        (
            '[[price]]\nstream = "grid_power"\nyen_per_unit = 1\nvalid_from = 2023-04-02\nvalid_to = 2023-04-01',
            "5:1: valid_to is not after valid_from (valid_to no longer counts)",
        ),
        ("[shifts]\nstarts = [06:00:00, 14:15:00]", "2:21: a shift cannot begin at 14:15:00 (only at :00 and :30)"),
        ('[[alert]]\nid = "a"\nkind = "demand"', "3:1: an alert of demand needs the table [demand]"),
        (
            '[[alert]]\nid = "a"\nkind = "intensity"\nover_percent = 1\nfor_min = 5',
            "3:1: an alert of intensity needs the table [baseline]",
        ),
        ('[[alert]]\nid = "a"\nkind = "silent"\nfor_min = 5', "1:3: silent needs device (add the key 'device')"),
        (
            '[[alert]]\nid = "a"\nkind = "silent"\nfor_min = 5\ndevice = "furnce"',
            "5:1: no device 'furnce' (did you mean 'furnace'?)",
        ),
        (
            '[[alert]]\nid = "a"\nkind = "stuck"\nfor_min = 5\npoint = "furnace.gaz"',
            "5:1: no point 'furnace.gaz' (did you mean 'furnace.gas'?)",
        ),
        (
            '[[alert]]\nid = "a"\nkind = "residual"\nover_percent = 5\nbalance = "powr"',
            "5:1: no balance 'powr' (did you mean 'power'?)",
        ),
        (
            '[[alert]]\nid = "a"\nkind = "base_load"\nstream = "melting_gas"\nlimit = 1',
            "4:1: melting_gas is counted in m3",
        ),
        (
            '[[alert]]\nid = "a"\nkind = "base_load"\nstream = "air_power"\nlimit = 1\nover_percent = 3',
            "6:1: base_load has no key 'over_percent' (its keys: limit, stream)",
        ),
        (
            '[[alert]]\nid = "a"\nkind = "base_load"\nstream = "air_power"\nlimit = 1\n' * 2,
            "7:1: the id 'a' is taken (each alert has its own)",
        ),
        (
            '[[alert]]\nid = "a"\nkind = "idle_burner"\nstream = "melting_gas"\nlimit = 1\nfor_min = 1\nidle = [0]',
            "1:3: charge and idle belong together",
        ),
        (
            '[[alert]]\nid="a"\nkind="idle_burner"\nstream="melting_gas"\nlimit=1\nfor_min=1\nidle=[0]\ncharge="furnace.gas"',
            "8:1: furnace.gas is a counter (a state is needed)",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, expected: str) -> None:
    found = mistakes(tmp_path, text)
    assert len(found) == 1
    assert found[0].startswith(expected.rstrip())


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    text = '[demand]\nstream = "x"\ncontract_kw = 1\n[[alert]]\nid = "a"\nkind = "residual"\nbalance = "y"'
    assert len(mistakes(tmp_path, text)) == 3


def test_unknown_keys_are_mistakes() -> None:
    with pytest.raises(ValidationError, match="contract_power"):
        DemandTable.model_validate({"stream": "grid_power", "contract_kw": 1, "contract_power": 2})


def test_every_kind_of_alert_states_its_keys() -> None:
    assert set(ALERT_KEYS) == set(AlertKind)
    keys = {key for each in ALERT_KEYS.values() for key in each.needed | each.allowed}
    assert keys <= set(AlertTable.model_fields)
