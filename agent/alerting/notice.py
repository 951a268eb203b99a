"""What people are told of an alert, in their language. Knows no channel; records for programs are in `records`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from agent.accounting.baseline import FEWEST_POINTS
from agent.alerts.machine import AlertEvent, EventKind
from agent.alerts.rules import COST_UNKNOWN, TEXT_KEYS, AlertKind, AlertRule, Cost, Unmeasured, Unwatched, UsualAmount
from agent.settings.dashboard_rules import alert_rules_of
from agent.settings.site import Site
from agent.texts import Texts

_S_PER_MINUTE = 60
_FEW = 1000
"""Numbers below it are shown with a decimal."""
_IN_MINUTES = {AlertKind.SILENT, AlertKind.STUCK}
UNITS = {
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
        self._streams = {
            each.id: one_line(
                (each.name_ja or each.name_en) if texts.language == "ja" else (each.name_en or each.name_ja)
            )
            or each.id
            for each in (*site.streams, *site.products)
        }

    def name(self, rule: str) -> str:
        """What a rule is called."""
        return self.named(rule).name(self.texts.language)

    def sentence(self, rule: str, kind: AlertKind, value: float) -> str:
        """What is wrong, in one sentence."""
        named = self.named(rule)
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

    def cost_line(self, kind: AlertKind, cost: Cost, unmeasured: Unmeasured | None) -> str:
        """What it cost so far and what that is; of a silent device or a stuck register what is not known: no cost."""
        if kind in _IN_MINUTES:
            return self.texts("alert_unmeasured") if unmeasured is None else self.unmeasured(unmeasured)
        what = self.texts(f"alert_cost_of_{kind.value}")
        return f"{self.texts('alert_cost')}: {self.amounts(cost)} ({what})"

    def unmeasured(self, unmeasured: Unmeasured) -> str:
        """How long nothing was measured, and what usually is in such time."""
        hours, minutes = divmod((unmeasured.to_utc_s - unmeasured.from_utc_s) // _S_PER_MINUTE, 60)
        time = self.texts("alert_hours" if hours else "alert_minutes", hours=hours, minutes=minutes)
        told = f"{self.texts('alert_unmeasured')}: {time}"
        if not unmeasured.usual:
            return told
        return f"{told}; {self.texts('alert_usual', amounts=', '.join(self._usual(each) for each in unmeasured.usual))}"

    def _usual(self, usual: UsualAmount) -> str:
        stream = self._streams.get(usual.stream, usual.stream)
        if usual.amount is None:
            return self.texts("alert_usual_unknown", stream=stream)
        digits = 0 if abs(usual.amount) >= _FEW else 1
        return self.texts("alert_usual_amount", stream=stream, amount=f"{usual.amount:,.{digits}f}", unit=usual.unit)

    def unwatched(self, unwatched: Unwatched) -> str:
        """Why a rule cannot be watched, in one sentence."""
        key = f"alert_unwatched_{unwatched.obstacle.value}"
        return self.texts(key, points=unwatched.points, needed=FEWEST_POINTS, detail=one_line(unwatched.detail))

    def local(self, utc_s: int) -> str:
        """A time at the site's place."""
        return datetime.fromtimestamp(utc_s, self._zone).strftime("%Y-%m-%d %H:%M")

    def what(self, kind: EventKind) -> str:
        """What happened to an alert."""
        return self.texts(f"alert_{kind.value}")

    def named(self, rule: str) -> Named:
        """A rule; one that the site does not have any more is called by its id."""
        return self._rules.get(rule, Named(rule, "", "", None, ""))

    def _number(self, kind: AlertKind, number: float | None) -> str:
        if number is None:
            return self.texts("alert_unknown")
        if kind in _IN_MINUTES:
            return f"{number / _S_PER_MINUTE:,.0f}"
        return f"{number:,.1f}" if abs(number) < _FEW else f"{number:,.0f}"


def one_line(text: str) -> str:
    """Foreign text as one line without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _named(site: Site) -> Mapping[str, Named]:
    rules: dict[str, AlertRule] = {rule.id: rule for rule in alert_rules_of(site.file.alert, site.file.demand)}
    units = {stream.id: stream.unit for stream in site.streams}
    found = {}
    for table in site.file.alert:
        unit = f"{units[table.stream or '']}/h" if table.kind is AlertKind.IDLE_BURNER else UNITS[table.kind]
        found[table.id] = Named(table.id, table.name_ja, table.name_en, rules[table.id].raise_at, unit)
    return found
