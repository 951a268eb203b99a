"""Alerts in a running agent: from a silent meter to broker, mail, command line; polling and committing never wait."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.alerting.store import alerts_path
from agent.clock import FastClock
from agent.mqtt import Broker, MqttClient
from agent.run import Agent, open_agent
from agent.settings.site import Site, load_site
from collectors.simulated.mill import Mill
from collectors.simulated.serve import serve_mill
from tests.agent.alerting.conftest import DEMO, MakeSite, at
from tests.agent.alerting.test_notify import SECRET, mail_server
from tests.agent.conftest import run_atsuen
from tests.conftest import Authority, StartMosquitto, find_free_port, until

START_MS = at("2023-10-03T07:50") * 1000
SPEED = 60.0
ALERTS = """
[notify]
language = "en"
[notify.email]
host = "127.0.0.1"
port = {mail}
security = "starttls"
username = "mill"
sender = "atsuen@mill.example"
recipients = ["manager@mill.example"]
ca_file = "{ca}"
[demand]
stream = "grid_power"
contract_kw = 28000
[[alert]]
id = "demand"
kind = "demand"
[[alert]]
id = "losses"
kind = "residual"
balance = "power"
over_percent = 5
[[alert]]
id = "boiler_silent"
kind = "silent"
name_en = "the boiler's meter"
device = "boiler"
for_min = 2
[[alert]]
id = "idle"
kind = "idle_burner"
stream = "annealing_gas"
limit = 50
charge = "annealing.phase"
idle = [0, 3]
for_min = 15
"""


def placed(make_site: MakeSite, tables: str, ports: dict[str, int], broker: int) -> Site:
    """The demo's site at the ports of a test; the boiler is a device of its own, which does not answer yet."""
    text = DEMO.replace('  { id = "boiler", unit = 5, profile = "boiler-meter" },\n', "")
    text += f"""
[[endpoint]]
id = "steam"
protocol = "modbus"
host = "127.0.0.1"
port = {find_free_port()}
poll_s = 5.0
device = [{{ id = "boiler", unit = 5, profile = "boiler-meter" }}]
"""
    for number, name in ((15021, "substation"), (15022, "feeders"), (15023, "furnaces"), (15024, "line")):
        text = text.replace(str(number), str(ports[name]))
    return make_site(tables, text.replace("port = 15029", f"port = {broker}"))


@asynccontextmanager
async def running(site: Site, clock: FastClock) -> AsyncIterator[Agent]:
    async with open_agent(site, clock) as agent:
        clock.begin()
        parts: list[Coroutine[Any, Any, None]] = [agent.forward(), agent.poll()]
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            yield agent
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


@pytest.mark.mosquitto
async def test_a_meter_that_never_answers_is_told_everywhere(
    make_site: MakeSite, authority: Authority, start_mosquitto: StartMosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATSUEN_NOTIFY__EMAIL__PASSWORD", SECRET)
    broker, mill, clock = start_mosquitto(), Mill(1, START_MS), FastClock(START_MS, SPEED)
    async with serve_mill(mill, clock.now_ms) as servers, mail_server(authority, "starttls") as mailbox:
        tables = ALERTS.format(mail=mailbox.port, ca=authority.file)
        site = placed(make_site, tables, dict(servers.ports), broker.port)
        async with MqttClient(Broker("127.0.0.1", "test-reader", broker.port)) as reader, running(site, clock):
            heard = reader.subscribe("atsuen/demo/alerts/events")
            async with asyncio.timeout(20):
                event = json.loads((await anext(heard)).message.payload)
            await until(lambda: len(mailbox.messages) == 1, 10)
        assert (event["alert"], event["what"], event["limit"]) == ("boiler_silent", "raised", 120)
        assert event["energy_gj"] is None
        assert "the boiler's meter: no answer for 2 minutes" in mailbox.messages[0].get_content()
        async with MqttClient(Broker("127.0.0.1", "test-late", broker.port)) as late:
            kept = await anext(late.subscribe("atsuen/demo/alerts"))
        assert kept.message.retain
        assert [each["alert"] for each in json.loads(kept.message.payload)["raised"]] == ["boiler_silent"]
    printed = run_atsuen(["alerts", "-c", site.folder, "--all", "--json"])
    record = json.loads(printed.stdout)
    assert [each["alert"] for each in record["raised"]] == ["boiler_silent"]
    assert record["events"][0]["event"] == event["event"]
    assert "the boiler's meter" in run_atsuen(["alerts", "-c", site.folder, "--lang", "en"]).stdout
    assert "発生中のアラート" in run_atsuen(["alerts", "-c", site.folder, "--all", "--lang", "ja"]).stdout


async def test_alerts_that_cannot_be_stored_hold_up_neither_polling_nor_committing(make_site: MakeSite) -> None:
    mill, clock = Mill(1, START_MS), FastClock(START_MS, SPEED)
    async with serve_mill(mill, clock.now_ms) as servers:
        tables = ALERTS.partition("[demand]")[2]
        site = placed(make_site, "[demand]" + tables, dict(servers.ports), find_free_port())
        slow = tuple(replace(endpoint, poll_s=30.0) for endpoint in site.endpoints)
        async with running(replace(site, endpoints=slow), clock) as agent:
            await until(lambda: agent.alerting.looks >= 3, 20)
            with closing(sqlite3.connect(alerts_path(site.folder / "journal.sqlite3"), timeout=0)) as other:
                other.execute("BEGIN EXCLUSIVE")
                looks, frames = agent.alerting.looks, agent.recorder.frames_durable
                before = {poller.health.endpoint: poller.health.missed_polls for poller in agent.pollers}
                await until(lambda: agent.recorder.frames_durable > frames + 60, 20)
                late = {p.health.endpoint: p.health.missed_polls - before[p.health.endpoint] for p in agent.pollers}
                assert agent.alerting.looks <= looks + 1  # it stands still behind the lock
            assert sum(late[name] for name in ("substation", "feeders", "furnaces", "line")) == 0
            await until(lambda: agent.alerting.looks > looks + 2, 20)


def test_the_demo_has_every_kind_of_alert() -> None:
    site = load_site(Path(__file__).parents[3] / "configs" / "demo")
    assert len({table.kind for table in site.file.alert}) == len(site.file.alert) == 7


async def test_a_site_without_rules_has_no_file_and_its_reload_may_bring_some(make_site: MakeSite) -> None:
    mill, clock = Mill(1, START_MS), FastClock(START_MS, SPEED)
    async with serve_mill(mill, clock.now_ms) as servers:
        site = placed(make_site, "", dict(servers.ports), find_free_port())
        path = alerts_path(site.folder / "journal.sqlite3")
        async with running(site, clock) as agent:
            await until(lambda: agent.recorder.frames_durable > 30, 20)
            assert (agent.alerting.looks, path.exists()) == (0, False)
            text = (site.folder / "site.toml").read_text(encoding="utf-8")
            rules = '[[alert]]\nid = "late"\nkind = "silent"\ndevice = "boiler"\nfor_min = 2\n'
            (site.folder / "site.toml").write_text(text + rules, encoding="utf-8")
            assert await agent.reload(load_site(site.folder)) == []
            await until(lambda: [each.rule for each in agent.alerting.state.raised()] == ["late"], 20)
            assert path.exists()
