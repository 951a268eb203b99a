"""The command `alerts`: what is raised now, and what happened."""

import argparse
import json

from agent.alerting.notice import Wording
from agent.alerting.records import view_record
from agent.alerting.store import AlertsView, alerts_path, read_alerts
from agent.cli.parsers import AddCommand, Subparsers
from agent.clock import SystemClock
from agent.settings.site import load_site
from agent.texts import texts_for

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
        record = dict(view_record(wording, view, SystemClock().now_ms() // 1000))
        if not options.all:
            del record["events"]
        print(json.dumps(record, ensure_ascii=False, allow_nan=False))
        return 0
    _print_raised(wording, view)
    if options.all:
        _print_history(wording, view)
    if view.unwatched is not None:
        print(wording.unwatched(view.unwatched))
    for each in view.standings:
        if each.waiting or each.given_up:
            counts = {"waiting": each.waiting, "given_up": each.given_up}
            print(texts("alerts_untold", channel=each.channel, error=each.error, **counts))
    return 0


def _print_raised(wording: Wording, view: AlertsView) -> None:
    raised, texts = view.state.raised(), wording.texts
    print(texts("alerts_now" if raised else "alerts_none"))
    for each in raised:
        print(f"  {wording.sentence(each.rule, each.kind, each.value)}")
        print(_facts(wording, each.since_utc_s, wording.cost_line(each.kind, each.cost, each.unmeasured)))


def _print_history(wording: Wording, view: AlertsView) -> None:
    print(wording.texts("alerts_history"))
    for event in (stored.event for stored in view.events):
        print(f"  {wording.local(event.time_utc_s)}  {wording.happened(event)}")
        print(_facts(wording, event.since_utc_s, wording.cost_line(event.alert, event.cost, event.unmeasured)))


def _facts(wording: Wording, since_utc_s: int, cost: str) -> str:
    return f"    {wording.texts('alert_since')} {wording.local(since_utc_s)} · {cost}"
