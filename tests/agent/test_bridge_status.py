"""Two bridges of a group, Mosquitto and a site: which gaps are told, and how a bridge that is gone is seen."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from agent.bridge import RetryRules, Stats, run_bridge
from agent.bridge_status import WatchRules, tell_bridge_status
from agent.mqtt import NO_MATCHING_SUBSCRIBERS, Broker, Message, MqttClient
from agent.sinks.files import FileSink
from tests.conftest import Server, StartMosquitto, until

pytestmark = pytest.mark.mosquitto

QUICK = RetryRules(first_pause_s=0.02, longest_pause_s=0.05)
RULES = WatchRules(patience_s=0.5, look_s=0.02, status_s=0.1)


def about(server: Server, name: str, user: str | None = None) -> Broker:
    return Broker("127.0.0.1", name, server.port, user, first_pause_s=0.02, longest_pause_s=0.05)


@contextlib.asynccontextmanager
async def bridge(server: Server, folder: Path, name: str, user: str | None = None) -> AsyncIterator[Stats]:
    """A bridge of the group, with its watch."""
    stats, sink = Stats(), FileSink(folder, name)
    broker = about(server, name, user)
    async with MqttClient(broker) as client:
        tasks = [
            asyncio.create_task(run_bridge(client, sink, sink, "atsuen/+/lines", "bridges", retry=QUICK, stats=stats)),
            asyncio.create_task(tell_bridge_status(broker, "atsuen", stats, RULES)),
        ]
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            await client.connected.wait()
        try:
            yield stats
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        assert [task.exception() for task in tasks if not task.cancelled()] == []


@dataclass
class Site:
    """Publishes what a test says, and its status."""

    client: MqttClient
    run: str = "r1"

    async def send(self, *stretches: tuple[int, int]) -> None:
        for first, last in stretches:
            lines = b"\n".join(b"meter,site=east kwh=%d %d" % (seq, seq) for seq in range(first, last + 1))
            name = f"{first}-{last}/{self.run}".encode()
            message = Message("atsuen/east/lines", lines, response_topic="atsuen/east/confirmed", correlation=name)
            while await self.client.publish(message) == NO_MATCHING_SUBSCRIBERS:  # noqa: ASYNC110 - only the broker knows
                await asyncio.sleep(0.01)

    async def tell(self, confirmed: int, highest: int | None = None, unconfirmed: tuple[Any, ...] = ()) -> None:
        told = {
            "run": self.run,
            "confirm": "bridge",
            "durable_seq": 10**6,
            "confirmed_seq": confirmed,
            "highest_seq": highest or confirmed,
            "unconfirmed": unconfirmed,
            "waiting": (),
        }
        await self.client.publish(Message("atsuen/east/status", json.dumps(told).encode(), retain=True))


@contextlib.asynccontextmanager
async def site(server: Server) -> AsyncIterator[Site]:
    async with MqttClient(about(server, "east")) as client, asyncio.timeout(30):
        await client.connected.wait()
        yield Site(client)


@dataclass
class Statuses:
    """What bridges say, by bridge."""

    last: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def hear(self, server: Server) -> None:
        client = MqttClient(about(server, "reader"))
        heard = client.subscribe("atsuen/bridge/+/status")
        async with client:
            async for received in heard:
                self.last[received.message.topic.split("/")[2]] = json.loads(received.message.payload)
                received.ack()

    def state(self, name: str) -> str:
        return str(self.last.get(name, {}).get("state"))


async def test_two_bridges_see_the_same_gap_and_neither_takes_the_others_part_for_one(
    start_mosquitto: StartMosquitto, tmp_path: Path
) -> None:
    server = start_mosquitto()
    async with site(server) as east, bridge(server, tmp_path, "b1") as one, bridge(server, tmp_path, "b2") as two:
        with capture_logs() as logs:
            await east.tell(0)
            await east.send(*((first, first + 9) for first in range(1, 200, 10)))  # 1 … 200
            await until(lambda: one.messages_received + two.messages_received == 20)
            assert min(one.messages_received, two.messages_received) > 0
            await east.send((211, 220))
            await until(lambda: one.gaps == two.gaps == 1)
            assert one.gap.startswith("site east: sequence 201-210 not stored since ")
            await east.send((201, 210))
            await until(lambda: one.gaps_filled == two.gaps_filled == 1)
            assert (one.gaps, one.gap, one.gaps_opened, two.gaps_opened) == (0, "", 1, 1)
        told = [(entry["event"], entry["site"], entry["first"], entry["last"]) for entry in logs]
        assert told == [("gap_opened", "east", 201, 210)] * 2 + [("gap_filled", "east", 201, 210)] * 2


async def test_a_bridge_that_begins_later_takes_the_sites_word_for_what_was_before(
    start_mosquitto: StartMosquitto, tmp_path: Path
) -> None:
    server = start_mosquitto()
    async with site(server) as east:
        await east.tell(100, 300, ((101, 110),))
        async with bridge(server, tmp_path, "b1") as stats:
            await east.send((301, 310))
            await until(lambda: stats.gaps == 1)
            assert "101-110" in stats.gap
            await east.tell(310)
            await until(lambda: stats.gaps_filled == 1)
            assert stats.gaps_opened == 1


async def test_a_broker_that_was_away_opens_no_gap(start_mosquitto: StartMosquitto, tmp_path: Path) -> None:
    """Three rows are open when it goes; they are stored before anybody can know that they are not."""
    server = start_mosquitto()
    async with site(server) as east, bridge(server, tmp_path, "b1") as stats:
        await east.tell(0)
        await east.send((4, 6))
        await until(lambda: stats.lines_delivered == 3)
        server.kill()
        await asyncio.sleep(2 * RULES.patience_s)
        server.start()
        await east.client.connected.wait()
        await east.send((1, 3))
        await east.tell(6)
        await until(lambda: stats.lines_delivered == 6)
        await asyncio.sleep(1.5 * RULES.patience_s)
        assert (stats.gaps_opened, stats.gaps) == (0, 0)


async def test_the_status_of_a_bridge_is_retained_and_its_last_will_replaces_it(
    start_mosquitto: StartMosquitto, tmp_path: Path
) -> None:
    server = start_mosquitto()
    statuses = Statuses()
    async with site(server) as east:
        async with bridge(server, tmp_path, "b1") as stats:
            await east.tell(0)
            await east.send((1, 10), (21, 30))
            await until(lambda: stats.gaps == 1)
            await asyncio.sleep(2 * RULES.status_s)
            hearing = asyncio.create_task(statuses.hear(server))
            await until(lambda: bool(statuses.last.get("b1", {}).get("missing")))
            told = statuses.last["b1"]
            (missing,) = told["missing"]
            assert (told["state"], told["sites"], told["lines_delivered"], told["gaps"]) == ("online", 1, 20, 1)
            assert (missing["site"], missing["first"], missing["last"]) == ("east", 11, 20)
        await until(lambda: statuses.state("b1") == "offline")
        hearing.cancel()
        await asyncio.wait([hearing])


async def test_a_bridge_without_the_rights_carries_lines_and_says_what_it_lacks(
    start_mosquitto: StartMosquitto, tmp_path: Path
) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite #\nuser b1\ntopic read atsuen/+/lines\ntopic write atsuen/+/confirmed\n")
    server = start_mosquitto(f"acl_file {acl}")
    with capture_logs() as logs:
        async with site(server) as east, bridge(server, tmp_path, "b1", "b1") as stats:
            await east.send((1, 10))
            await until(lambda: stats.lines_delivered == 10 and stats.status_error != "")
            assert "Not authorized" in stats.status_error
            assert stats.last_error == ""
    (refused,) = [entry for entry in logs if entry["event"] == "status_refused"]
    assert refused["hint"] == (
        "let this user publish to atsuen/bridge/b1/status and read atsuen/+/confirmed and atsuen/+/status"
    )
