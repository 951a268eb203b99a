"""The command `alerts`: what is raised now, and what happened."""

import argparse
import json

from rich.console import Console

from agent.alerting.notice import Wording
from agent.alerting.store import AlertsView, alerts_path, read_alerts
from agent.alerts.rules import Cost
from agent.cli.parsers import AddCommand, Subparsers
from agent.clock import SystemClock
from agent.reports.table import Column, Row, Table, for_people
from agent.settings.site import load_site
from agent.texts import Texts, texts_for

_MOST = 200


def add_parsers(subparsers: Subparsers, add_command: AddCommand) -> None:
    """Add `alerts`."""
    parser = add_command(subparsers, "alerts", alerts, "what is raised now, since when, and what it cost so far")
    parser.add_argument("--all", action="store_true", help=f"also what happened, newest first, {_MOST} at most")


def alerts(options: argparse.Namespace) -> int:
    """Print the alerts that stand, and with --all what happened. An agent need not be running."""
    site, texts = load_site(options.folder), texts_for(options.lang)
    view = read_alerts(alerts_path(site.path(site.file.journal.path)), _MOST if options.all else 0)
    wording = Wording(site, texts)
    if options.json:
        record = dict(wording.view_record(view, SystemClock().now_ms() // 1000))
        if not options.all:
            del record["events"]
        print(json.dumps(record, ensure_ascii=False, allow_nan=False))
        return 0
    console = Console()
    for table in _tables(wording, texts, view, has_history=options.all):
        console.print(for_people(table, console.width))
    if not view.state.raised():
        print(texts("alerts_none"))
    for each in view.standings:
        if each.waiting or each.given_up:
            counts = {"waiting": each.waiting, "given_up": each.given_up}
            print(texts("alerts_untold", channel=each.channel, error=each.error, **counts))
    return 0


def _tables(wording: Wording, texts: Texts, view: AlertsView, *, has_history: bool) -> list[Table]:
    since, amounts = Column("since", texts("alert_since")), _amounts(texts)
    says = Column("text", texts("alert_says"))
    raised: list[Row] = [
        (wording.local(each.since_utc_s), wording.sentence(each.rule, each.kind, each.value), *_of(each.cost))
        for each in view.state.raised()
    ]
    tables = [Table(texts("alerts_now"), (since, says, *amounts), tuple(raised), "alerts")] if raised else []
    if has_history:
        columns = (Column("time", texts("alert_at")), Column("what", texts("alert_what")), since, says, *amounts)
        happened: list[Row] = [
            (
                wording.local(event.time_utc_s),
                wording.what(event.kind),
                wording.local(event.since_utc_s),
                wording.sentence(event.rule, event.alert, event.value),
                *_of(event.cost),
            )
            for event in (stored.event for stored in view.events)
        ]
        tables.append(Table(texts("alerts_history"), columns, tuple(happened), "alerts_history"))
    return tables


def _amounts(texts: Texts) -> tuple[Column, ...]:
    return (
        Column("energy_gj", "GJ", 2),
        Column("co2_kg", "kg-CO2", 1),
        Column("yen", texts("alert_yen"), 0),
    )


def _of(cost: Cost) -> tuple[float | None, float | None, float | None]:
    return cost.energy_gj, cost.co2_kg, cost.yen
