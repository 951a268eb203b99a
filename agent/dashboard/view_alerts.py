"""View 8, Alerts: what is raised now, since when, at what cost; what happened before; the rules."""

from collections.abc import Sequence

from agent.alerting.notice import Wording
from agent.alerting.store import AlertsView
from agent.alerts.machine import RuleState
from agent.alerts.rules import AlertKind, AlertRule, Cost, Unmeasured
from agent.dashboard.printing import number
from agent.dashboard.texts import DashboardTexts
from agent.reports.table import Column, Row, Table
from agent.settings.dashboard_rules import alert_rules_of
from agent.settings.site import Site

_S_PER_MINUTE = 60
_STILL = {AlertKind.SILENT, AlertKind.STUCK}
_UNITS = {
    AlertKind.INTENSITY: "%",
    AlertKind.BASE_LOAD: "kW",
    AlertKind.SILENT: "min",
    AlertKind.STUCK: "min",
    AlertKind.DEMAND: "kW",
    AlertKind.RESIDUAL: "%",
}


def raised_lines(say: DashboardTexts, site: Site, raised: Sequence[RuleState]) -> str:
    """What is raised, a line each; empty where nothing is."""
    wording = Wording(site, say)
    return "\n".join(
        say(
            "alert_line",
            since=wording.local(each.since_utc_s),
            text=wording.sentence(each.rule, each.kind, each.value),
        )
        for each in raised
    )


def raised_table(say: DashboardTexts, site: Site, raised: Sequence[RuleState]) -> Table:
    """The alerts that stand, oldest first, with what they cost so far."""
    wording = Wording(site, say)
    columns = (Column("since", say("alert_since")), Column("text", say("alert_message")), *_amounts(say))
    rows: list[Row] = [
        (
            wording.local(each.since_utc_s),
            wording.sentence(each.rule, each.kind, each.value),
            *_cost(each.cost),
            _what_it_is(wording, each.kind, each.unmeasured),
        )
        for each in raised
    ]
    return Table(say("alerts_now"), columns, tuple(rows), "alerts")


def history_of_alerts(say: DashboardTexts, site: Site, view: AlertsView) -> Table:
    """What happened, newest first."""
    wording = Wording(site, say)
    columns = (
        Column("time", say("alert_at")),
        Column("what", say("alert_happened")),
        Column("since", say("alert_since")),
        Column("text", say("alert_message")),
        *_amounts(say),
    )
    rows: list[Row] = [
        (
            wording.local(event.time_utc_s),
            wording.what(event.kind),
            wording.local(event.since_utc_s),
            wording.happened(event),
            *_cost(event.cost),
            _what_it_is(wording, event.alert, event.unmeasured),
        )
        for event in (stored.event for stored in view.events)
    ]
    return Table(say("alerts_history"), columns, tuple(rows), "alerts_history")


def rules_table(say: DashboardTexts, site: Site) -> Table:
    """The rules of the site file with their limits, and how long each must hold."""
    wording = Wording(site, say)
    columns = (
        Column("rule", say("alert_rule")),
        Column("kind", say("alert_kind")),
        Column("limit", say("alert_limit"), 1),
        Column("clear_at", say("alert_clear_at"), 1),
        Column("unit", say("unit")),
        Column("raise_after_min", say("alert_after"), 0, unit="min"),
        Column("clear_after_min", say("alert_clear_after"), 0, unit="min"),
    )
    units = {stream.id: stream.unit for stream in site.streams}
    rules = alert_rules_of(site.file.alert, site.file.demand)
    rows = [
        _rule(say, wording, rule, f"{units.get(table.stream or '', '')}/h")
        for rule, table in zip(rules, site.file.alert, strict=True)
    ]
    return Table(say("alert_rules"), columns, tuple(rows), "alert_rules")


def _rule(say: DashboardTexts, wording: Wording, rule: AlertRule, per_hour: str) -> Row:
    scale = _S_PER_MINUTE if rule.kind in _STILL else 1
    return (
        wording.name(rule.id),
        say(f"kind_of_alert_{rule.kind.value}"),
        rule.raise_at / scale,
        rule.clear_at / scale,
        _UNITS.get(rule.kind, per_hour),
        rule.raise_after_s / _S_PER_MINUTE,
        rule.clear_after_s / _S_PER_MINUTE,
    )


def untold_lines(say: DashboardTexts, site: Site, view: AlertsView) -> list[str]:
    """Why a rule is not watched, and the channels on which somebody could not be told."""
    unwatched = [Wording(site, say).unwatched(view.unwatched)] if view.unwatched is not None else []
    return unwatched + [
        say("alerts_untold", channel=each.channel, waiting=each.waiting, given_up=each.given_up, error=each.error)
        for each in view.standings
        if each.waiting or each.given_up
    ]


def total_text(say: DashboardTexts, raised: Sequence[RuleState]) -> str:
    """What the raised alerts cost so far, as far as that is known."""
    costs = [each.cost for each in raised if each.cost.energy_gj is not None]
    if not costs:
        return ""
    total = costs[0]
    for cost in costs[1:]:
        total = total.plus(cost)
    return say(
        "alert_total",
        energy=number(total.energy_gj, 2),
        co2=number(total.co2_kg, 1),
        yen=number(total.yen, 0),
    )


def _amounts(say: DashboardTexts) -> tuple[Column, ...]:
    return (
        Column("energy_gj", "GJ", 2),
        Column("co2_kg", "kg-CO2", 1),
        Column("yen", say("alert_yen"), 0),
        Column("what_it_is", say("alert_what_it_is")),
    )


def _what_it_is(wording: Wording, kind: AlertKind, unmeasured: Unmeasured | None) -> str:
    """What the amounts are; where nothing was measured, for how long, and what usually is."""
    if unmeasured is not None:
        return wording.unmeasured(unmeasured)
    key = "alert_unmeasured" if kind in _STILL else f"alert_cost_of_{kind.value}"
    return wording.texts(key)


def _cost(cost: Cost) -> tuple[float | None, float | None, float | None]:
    return cost.energy_gj, cost.co2_kg, cost.yen
