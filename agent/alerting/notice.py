"""What people and programs are told of an alert: one record for JSON, one sentence. Knows no channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from agent.alerting.store import AlertsView, ChannelStanding, StoredEvent
from agent.alerts.machine import AlertEvent, AlertsState, EventKind, RuleState
from agent.alerts.rules import COST_UNKNOWN, TEXT_KEYS, AlertKind, AlertRule, Cost
from agent.settings.dashboard_rules import alert_rules_of
from agent.settings.site import Site
from agent.texts import Texts

EVENT_SCHEMA = "atsuen-alert/1"
NOW_SCHEMA = "atsuen-alerts/1"
_S_PER_MINUTE = 60
_IN_MINUTES = {AlertKind.SILENT, AlertKind.STUCK}
_UNITS = {
    AlertKind.INTENSITY: "%",
    AlertKind.BASE_LOAD: "kW",
    AlertKind.SILENT: "s",
    AlertKind.STUCK: "s",
    AlertKind.DEMAND: "kW",
    AlertKind.RESIDUAL: "%",
}


@dataclass(frozen=True, slots=True)
class Named:
    """A rule with what it is called, as far as the site still has it. `limit` is in the unit of the value."""

    id: str
    name_ja: str
    name_en: str
    limit: float | None
    unit: str

    def name(self, language: str) -> str:
        """The name in a language, else in the other, else the id."""
        first, second = (self.name_ja, self.name_en) if language == "ja" else (self.name_en, self.name_ja)
        return one_line(first or second or self.id)


class Wording:
    """Puts the alerts of a site into words and records."""

    def __init__(self, site: Site, texts: Texts) -> None:
        self.texts = texts
        self.site_id = site.file.site.id
        table = site.file.site
        names = (table.name_ja, table.name_en) if texts.language == "ja" else (table.name_en, table.name_ja)
        self.site_name = one_line(names[0] or names[1] or table.id)
        self._zone = table.zone
        self._rules = _named(site)

    def name(self, rule: str) -> str:
        """What a rule is called."""
        return self._named(rule).name(self.texts.language)

    def sentence(self, rule: str, kind: AlertKind, value: float) -> str:
        """What is wrong, in one sentence."""
        named = self._named(rule)
        shown = [self._number(kind, number) for number in (value, named.limit)]
        if kind is AlertKind.IDLE_BURNER:
            shown = [f"{number} {named.unit.removesuffix('/h')}".strip() for number in shown]
        return self.texts(TEXT_KEYS[kind], name=self.name(rule), value=shown[0], limit=shown[1])

    def happened(self, event: AlertEvent) -> str:
        """What happened, in one sentence."""
        if event.kind is EventKind.RAISED:
            return self.sentence(event.rule, event.alert, event.value)
        return f"{self.name(event.rule)}: {self.what(event.kind)}"

    def amounts(self, cost: Cost) -> str:
        """What it cost, each with its unit; what is not known says so."""
        if cost == COST_UNKNOWN:
            return self.texts("alert_unknown")
        known = [(cost.energy_gj, 2, "GJ"), (cost.co2_kg, 1, "kg-CO2"), (cost.yen, 0, self.texts("alert_yen"))]
        unknown = self.texts("alert_unknown")
        return ", ".join(
            f"{unknown if amount is None else f'{amount:,.{digits}f}'} {unit}" for amount, digits, unit in known
        )

    def local(self, utc_s: int) -> str:
        """A time at the site's place."""
        return datetime.fromtimestamp(utc_s, self._zone).strftime("%Y-%m-%d %H:%M")

    def event_record(self, stored: StoredEvent) -> Mapping[str, object]:
        """One event for programs."""
        event = stored.event
        return {
            "schema": EVENT_SCHEMA,
            "site": self.site_id,
            "event": stored.id,
            "what": event.kind.value,
            "time_utc_s": event.time_utc_s,
            **self._record(event.rule, event.alert, event.since_utc_s, event.value, event.cost),
            "text": self.happened(event),
        }

    def state_record(self, state: RuleState) -> Mapping[str, object]:
        """One alert that stands, for programs."""
        return self._record(state.rule, state.kind, state.since_utc_s, state.value, state.cost)

    def now_record(
        self, time_utc_s: int, state: AlertsState, standings: tuple[ChannelStanding, ...], problem: str = ""
    ) -> Mapping[str, object]:
        """Everything that stands now, for programs."""
        return {
            "schema": NOW_SCHEMA,
            "site": self.site_id,
            "time_utc_s": time_utc_s,
            "raised": [self.state_record(each) for each in state.raised()],
            "undelivered": [standing_record(each) for each in standings if each.waiting or each.given_up],
            "problem": problem,
        }

    def view_record(self, view: AlertsView, time_utc_s: int) -> Mapping[str, object]:
        """Everything that stands now, and what happened, newest first."""
        events = [self.event_record(each) for each in view.events]
        return {**self.now_record(time_utc_s, view.state, view.standings), "events": events}

    def what(self, kind: EventKind) -> str:
        """What happened to an alert."""
        return self.texts(f"alert_{kind.value}")

    def _record(self, rule: str, kind: AlertKind, since_utc_s: int, value: float, cost: Cost) -> Mapping[str, object]:
        named = self._named(rule)
        return {
            "alert": rule,
            "kind": kind.value,
            "name_ja": one_line(named.name_ja),
            "name_en": one_line(named.name_en),
            "since_utc_s": since_utc_s,
            "value": value,
            "limit": named.limit,
            "unit": named.unit or _UNITS.get(kind, ""),
            "energy_gj": cost.energy_gj,
            "co2_kg": cost.co2_kg,
            "yen": cost.yen,
            "text": self.sentence(rule, kind, value),
        }

    def _named(self, rule: str) -> Named:
        return self._rules.get(rule, Named(rule, "", "", None, ""))

    def _number(self, kind: AlertKind, number: float | None) -> str:
        if number is None:
            return self.texts("alert_unknown")
        if kind in _IN_MINUTES:
            return f"{number / _S_PER_MINUTE:,.0f}"
        return f"{number:,.1f}" if abs(number) < 1000 else f"{number:,.0f}"


def standing_record(standing: ChannelStanding) -> Mapping[str, object]:
    """How telling goes on one channel, for programs."""
    return {
        "channel": standing.channel,
        "waiting": standing.waiting,
        "given_up": standing.given_up,
        "error": standing.error,
    }


def one_line(text: str) -> str:
    """Foreign text as one line without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _named(site: Site) -> Mapping[str, Named]:
    rules: dict[str, AlertRule] = {rule.id: rule for rule in alert_rules_of(site.file.alert, site.file.demand)}
    units = {stream.id: stream.unit for stream in site.streams}
    found = {}
    for table in site.file.alert:
        unit = f"{units[table.stream or '']}/h" if table.kind is AlertKind.IDLE_BURNER else _UNITS[table.kind]
        found[table.id] = Named(table.id, table.name_ja, table.name_en, rules[table.id].raise_at, unit)
    return found
