"""Watched folder and MQTT: what arrives is stored before it is acknowledged or moved. Nothing is lost or doubled."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from agent.association.inbox.database import StoreAway
from agent.association.inbox.from_folder import WatchedFolder
from agent.association.inbox.from_mqtt import LARGEST_PACKET_BYTES, Mailbox, client_at
from agent.association.inbox.office import Office
from agent.association.inbox.parcel import Parcel, Receipt
from agent.association.inbox.service_file import FolderTable
from agent.mqtt import Broker, Message, MqttClient
from agent.submission.send import put_file, send_by_mqtt
from agent.submission.sign import MAX_FILE_BYTES
from tests.agent.association.inbox.conftest import House
from tests.conftest import StartMosquitto, until

LONG_AGO_S = 1_700_000_000


def taking(office: Office) -> Callable[[Parcel], Awaitable[Receipt]]:
    async def take(parcel: Parcel) -> Receipt:
        return await asyncio.to_thread(office.receiver.take, parcel)

    return take


def put(path: Path, data: bytes) -> None:
    """A file that nobody writes to any more."""
    path.write_bytes(data)
    os.utime(path, (LONG_AGO_S, LONG_AGO_S))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(name="incoming")
def fixture_incoming(tmp_path: Path) -> Path:
    folder = tmp_path / "incoming"
    folder.mkdir()
    return folder


async def test_files_go_on_to_accepted_or_held_with_the_reason(house: House, office: Office, incoming: Path) -> None:
    watched = WatchedFolder(incoming, FolderTable(path=incoming), taking(office))
    put(incoming / "good.jws", house.file())
    put(incoming / "bad.jws", house.file(fiscal_year=2024))
    assert await watched.look() == 2
    assert names(incoming / "accepted") == ["good.jws"]
    assert names(incoming / "held") == ["bad.jws", "bad.jws.txt"]
    reason = (incoming / "held" / "bad.jws.txt").read_text(encoding="utf-8")
    assert "受付は行っていません" in reason
    assert "are not taken now" in reason
    assert await watched.look() == 0


async def test_the_same_name_again_takes_no_files_place(house: House, office: Office, incoming: Path) -> None:
    watched = WatchedFolder(incoming, FolderTable(path=incoming), taking(office))
    for _ in range(2):
        put(incoming / "2023.jws", house.file())
        put(incoming / "x.jws", b"x")
        await watched.look()
    assert names(incoming / "accepted") == ["2023-2.jws", "2023.jws"]
    assert names(incoming / "held") == ["x-2.jws", "x-2.jws.txt", "x.jws", "x.jws.txt"]
    assert len(office.store.entries()) == 1


async def test_what_is_no_whole_file_is_left_alone(
    house: House, office: Office, incoming: Path, tmp_path: Path
) -> None:
    watched = WatchedFolder(incoming, FolderTable(path=incoming), taking(office))
    (incoming / "still-written.jws").write_bytes(house.file()[:100])
    put(incoming / ".hidden.jws", house.file())
    put(tmp_path / "elsewhere", b"secret")
    (incoming / "link.jws").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(incoming / "pipe.jws")
    (incoming / "folder.jws").mkdir()
    assert await watched.look() == 0
    assert office.held.open() == []


async def test_a_large_file_is_put_away_without_being_read(office: Office, incoming: Path) -> None:
    with (incoming / "large.jws").open("wb") as file:
        file.truncate(100_000_000)
    os.utime(incoming / "large.jws", (LONG_AGO_S, LONG_AGO_S))
    read: list[int] = []

    async def take(parcel: Parcel) -> Receipt:
        read.append(len(parcel.data))
        return await taking(office)(parcel)

    assert await WatchedFolder(incoming, FolderTable(path=incoming), take).look() == 1
    assert read == [MAX_FILE_BYTES + 1]
    assert names(incoming / "held") == ["large.jws", "large.jws.txt"]


async def test_while_the_database_is_away_files_stay(house: House, office: Office, incoming: Path) -> None:
    away = [True]

    async def take(parcel: Parcel) -> Receipt:
        if away[0]:
            raise StoreAway("database: away")
        return await taking(office)(parcel)

    watched = WatchedFolder(incoming, FolderTable(path=incoming, every_s=0.1), take)
    put_file(house.file(), incoming / "2023.jws")
    os.utime(incoming / "2023.jws", (LONG_AGO_S, LONG_AGO_S))
    watching = asyncio.create_task(watched.watch())
    await until(lambda: "away" in watched.problem)
    assert (incoming / "2023.jws").exists()
    away[0] = False
    await until(lambda: (incoming / "accepted" / "2023.jws").exists() and not watched.problem)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


def broker_at(port: int, client_id: str) -> Broker:
    return Broker("127.0.0.1", client_id, port, first_pause_s=0.05)


TOPIC = "atsuen/submission/seto/marugame/2023"


@pytest.mark.mosquitto
async def test_retained_submissions_are_taken_from_the_broker(
    house: House, office: Office, start_mosquitto: StartMosquitto
) -> None:
    port = start_mosquitto().port
    assert not await send_by_mqtt(broker_at(port, "site"), TOPIC, house.file())
    client = client_at(broker_at(port, "association"))
    mailbox = Mailbox(client, "atsuen", taking(office))
    async with client:
        emptying = asyncio.create_task(mailbox.empty())
        await until(lambda: len(office.store.entries()) == 1)
        assert await send_by_mqtt(broker_at(port, "site"), TOPIC, house.file(revision=2))
        await until(lambda: len(office.store.entries()) == 2)
        await send_by_mqtt(broker_at(port, "thief"), "atsuen/submission/kinki/osaka/2023", house.file(revision=3))
        await send_by_mqtt(broker_at(port, "thief"), "atsuen/submission/x", b"x" * 2_000_000)
        await until(lambda: len(office.held.open()) == 2)
        emptying.cancel()
        await asyncio.gather(emptying, return_exceptions=True)
    told = {held.origin: [reason.kind.value for reason in held.reasons] for held in office.held.open()}
    assert told == {"atsuen/submission/kinki/osaka/2023": ["wrong_place"], "atsuen/submission/x": ["unreadable"]}


def test_what_waits_in_memory_is_bounded() -> None:
    """By the broker, which is told in CONNECT: four messages, each with a submission at most."""
    client = client_at(broker_at(1, "association"))
    assert client.broker.receive_maximum == 4
    assert client.broker.maximum_packet_bytes == LARGEST_PACKET_BYTES
    longest = Message("x" * 65_535, bytes(MAX_FILE_BYTES), content_type="y" * 65_535)
    assert MAX_FILE_BYTES < longest.packet_bytes() <= LARGEST_PACKET_BYTES


@pytest.mark.mosquitto
async def test_nothing_is_acknowledged_before_it_is_stored(
    house: House, office: Office, start_mosquitto: StartMosquitto
) -> None:
    """The database is away, the program is killed: the broker gives the message to the next one."""
    port = start_mosquitto().port

    async def away(_: Parcel) -> Receipt:
        raise StoreAway("database: away")

    client = client_at(broker_at(port, "association"))
    first = Mailbox(client, "atsuen", away)
    async with client:
        await client.connected.wait()
        async with MqttClient(broker_at(port, "site")) as site:
            await site.connected.wait()
            await site.publish(Message(TOPIC, house.file()))  # not retained: only the session has it
        emptying = asyncio.create_task(first.empty())
        await until(lambda: "away" in first.problem)
        emptying.cancel()
        await asyncio.gather(emptying, return_exceptions=True)
    assert office.store.entries() == []

    client = client_at(broker_at(port, "association"))
    second = Mailbox(client, "atsuen", taking(office))
    async with client:
        emptying = asyncio.create_task(second.empty())
        await until(lambda: len(office.store.entries()) == 1)
        emptying.cancel()
        await asyncio.gather(emptying, return_exceptions=True)


@pytest.mark.mosquitto
async def test_taking_a_retained_message_back_is_no_submission(office: Office, start_mosquitto: StartMosquitto) -> None:
    port = start_mosquitto().port
    client = client_at(broker_at(port, "association"))
    mailbox = Mailbox(client, "atsuen", taking(office))
    async with client:
        emptying = asyncio.create_task(mailbox.empty())
        async with MqttClient(broker_at(port, "site")) as site:
            await site.connected.wait()
            await client.connected.wait()
            await site.publish(Message(TOPIC, b"", retain=True))
            await site.publish(Message(TOPIC, b"x"))
        await until(lambda: len(office.held.open()) == 1)
        emptying.cancel()
        await asyncio.gather(emptying, return_exceptions=True)
