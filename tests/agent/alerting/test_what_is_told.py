"""What alerts say that they cost, and that what nobody measured is no cost, in both languages."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agent.alerting.notice import Wording
from agent.alerting.records import view_record
from agent.alerting.store import AlertStore, alerts_path, read_alerts
from agent.alerts.machine import AlertEvent, AlertsState, EventKind, Phase, RuleState
from agent.alerts.rules import COST_UNKNOWN, AlertKind, Cost, Obstacle, Unmeasured, Unwatched, UsualAmount
from agent.dashboard.texts import DashboardTexts
from agent.dashboard.view_alerts import history_of_alerts, raised_table, total_text, untold_lines
from agent.texts import texts_for
from tests.agent.alerting.conftest import MakeSite

RULES = """
[demand]
stream = "grid_power"
contract_kw = 1000
[[alert]]
id = "demand"
kind = "demand"
[[alert]]
id = "silent"
kind = "silent"
device = "boiler"
for_min = 5
"""
COST = Cost(4.88, 210.0, 10_000.0)
DARK = Unmeasured(1_000_000, 1_002_700, (UsualAmount("boiler_gas", "m3", 12.34, 0.55, 27.0),))
UNKNOWN = Unmeasured(1_000_000, 1_003_900, (UsualAmount("soaking_lpg", "kg", None, None, None),))
DEMAND = RuleState("demand", AlertKind.DEMAND, Phase.RAISED, 1_000_000, 1_002_000, 0, 980.0, COST)
SILENT = RuleState("silent", AlertKind.SILENT, Phase.RAISED, 1_000_300, 1_002_700, 0, 2_700.0, COST_UNKNOWN, DARK)
CLEARED = AlertEvent(EventKind.CLEARED, "silent", AlertKind.SILENT, 1_002_700, 1_000_300, 0.0, COST_UNKNOWN, DARK)


@pytest.mark.parametrize(
    ("language", "demand", "silent"),
    [
        (
            "en",
            "so far: 4.88 GJ, 210.0 kg-CO2, 10,000 yen (energy above the alarm's power; {no_charge})",
            "not measured: 45 min; usually in this time: boiler, city gas 12.3 m3",
        ),
        (
            "ja",
            "これまでの損失: 4.88 GJ, 210.0 kg-CO2, 10,000 円 (警報値を超えた電力量、契約超過金は含まず)",
            "未計測: 45 分; この時間の通常値: ボイラー 都市ガス 12.3 m3",
        ),
    ],
)
def test_costs_and_what_is_not_measured(make_site: MakeSite, language: str, demand: str, silent: str) -> None:
    wording = Wording(make_site(RULES), texts_for(language))
    no_charge = "no charge for a passed contract in it"
    assert wording.cost_line(DEMAND.kind, DEMAND.cost, None) == demand.format(no_charge=no_charge)
    assert wording.cost_line(SILENT.kind, SILENT.cost, SILENT.unmeasured) == silent


def test_an_amount_that_nobody_knows_is_said_to_be_unknown(make_site: MakeSite) -> None:
    site = make_site(RULES)
    said = [Wording(site, texts_for(language)).unmeasured(UNKNOWN) for language in ("en", "ja")]
    assert said == [
        "not measured: 1 h 5 min; usually in this time: soaking pits, LPG: not known",
        "未計測: 1 時間 5 分; この時間の通常値: 均熱炉 LPG: 不明",
    ]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_kind_says_what_its_cost_is(make_site: MakeSite, language: str) -> None:
    wording = Wording(make_site(RULES), texts_for(language))
    said = {wording.cost_line(kind, COST_UNKNOWN, None) for kind in AlertKind}
    assert len(said) == len(AlertKind) - 1  # silent and stuck say the same


def test_the_page_has_what_is_not_measured_beside_costs_and_not_in_their_sum(make_site: MakeSite) -> None:
    site, say = make_site(RULES), DashboardTexts("ja")
    demand, silent = raised_table(say, site, [DEMAND, SILENT]).rows
    assert demand[2:5] == (4.88, 210.0, 10_000.0)
    assert silent[2:5] == (None, None, None)
    assert silent[5] == "未計測: 45 分; この時間の通常値: ボイラー 都市ガス 12.3 m3"
    assert (
        total_text(say, [DEMAND, SILENT])
        == total_text(say, [DEMAND])
        == "これまでの合計: 4.88 GJ、210.0 kg-CO2、10,000 円"
    )
    assert total_text(say, [SILENT]) == ""


def test_the_file_keeps_it(make_site: MakeSite, tmp_path: Path) -> None:
    site, path = make_site(RULES), tmp_path / "x.alerts"
    store = AlertStore(path)
    unwatched = Unwatched(Obstacle.TOO_FEW_POINTS, 3)
    store.save(AlertsState((SILENT,)), [CLEARED], ["mqtt"], unwatched)
    assert [each.event for each in store.waiting("mqtt", 5)] == [CLEARED]
    assert store.load() == AlertsState((SILENT,))
    store.close()
    view = read_alerts(path)
    assert (view.state, view.events[0].event, view.unwatched) == (AlertsState((SILENT,)), CLEARED, unwatched)
    assert history_of_alerts(DashboardTexts("en"), site, view).rows[0][-1] == (
        "not measured: 45 min; usually in this time: boiler, city gas 12.3 m3"
    )
    assert untold_lines(DashboardTexts("ja"), site, view) == [
        "原単位は監視していません: ベースラインの計測済み期間は 3、12 必要です。"
    ]
    record = view_record(Wording(site, texts_for("en")), view, 1_002_700)
    assert record["problem"] == "Intensity is not watched: 3 periods of the baseline are known, 12 are needed."


def test_a_file_of_the_version_before_is_read_and_taken_over(make_site: MakeSite) -> None:
    """As the first schema has it, with an event and a state that the version before wrote."""
    site = make_site(RULES)
    path = alerts_path(site.path(site.file.journal.path))
    first = Path(__file__).parents[3] / "agent" / "alerting" / "schema" / "0001.sql"
    rule = (
        '{"rule": "silent", "kind": "silent", "phase": "raised", "since_utc_s": 1, "to_utc_s": 2, "held_s": 0, '
        '"value": 400.0, "cost": {"energy_gj": null, "co2_kg": null, "yen": null}}'
    )
    with closing(sqlite3.connect(path)) as db:
        db.executescript(f"BEGIN; {first.read_text(encoding='utf-8')} PRAGMA user_version = 1; COMMIT;")
        db.execute("INSERT INTO alert_state VALUES (1, ?)", (f'{{"format": 1, "rules": [{rule}]}}',))
        db.execute("INSERT INTO alert_event VALUES (7, 'raised', 'silent', 'silent', 2, 1, 400.0, NULL, NULL, NULL)")
        db.commit()
    before = read_alerts(path)
    store = AlertStore(path)
    assert store.load() == before.state
    store.save(before.state, [CLEARED], [])
    store.close()
    assert [(each.id, each.event.unmeasured) for each in read_alerts(path).events] == [(8, DARK), (7, None)]
