"""How fast the backlog of an outage drains, and how old live data gets meanwhile, through Mosquitto and a consumer.

    python bench/forwarding/drain.py [--factor N] [--lines-per-s N] [--folder DIR]

The outage is 13 hours at 1,000 values a second: 780,000 frames of 60 values, divided by the factor. Prints one line
of JSON. The journal is filled first, which is stated apart. Needs Mosquitto.
"""

import argparse
import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.clock import SystemClock
from agent.encoder import Encoder
from agent.mqtt import Broker, MqttClient
from agent.publish import Publisher
from agent.recorder import Recorder
from agent.settings.model import MqttTable
from agent.settings.resources import configs_folder
from agent.settings.site import load_site
from agent.site_factors import SiteFactors
from agent.storage.ledger import Ledger
from collectors.frame import Frame, Kind, Layout, Point

POINTS = 60
VALUES_PER_S = 1000
OUTAGE_FRAMES = 13 * 3600 * VALUES_PER_S // POINTS
FRAME_MS = 1000 * POINTS // VALUES_PER_S
ROWS_A_COMMIT = 2000
LIMIT_TIMES_LIVE = 10
LIMIT_AGE_MS = 2000
LAYOUT = Layout("meter", tuple(Point(f"power_{n}", Kind.GAUGE, "kW", Decimal("0.1")) for n in range(POINTS)))


def make_frame(number: int, time_ms: int) -> Frame:
    """Values of some digits that differ from frame to frame."""
    return Frame.pack(LAYOUT, time_ms, [10_000.0 + (number * 7 + n * 13) % 9973 for n in range(POINTS)], [0] * POINTS)


async def fill(recorder: Recorder, frames: int) -> None:
    """What an outage that ends now has left in the journal."""
    start_ms = time.time_ns() // 1_000_000 - frames * FRAME_MS - 1000
    for number in range(frames):
        recorder.record(make_frame(number, start_ms + number * FRAME_MS))
        if number % ROWS_A_COMMIT == 0:
            await recorder.commit()
    await recorder.commit()


async def record_live(recorder: Recorder) -> None:
    """Frames of this moment, at the rate of the plant, until cancelled. No two have the same time."""
    began_s, number, time_ms = time.monotonic(), 0, 0
    while True:
        time_ms = max(time_ms + 1, time.time_ns() // 1_000_000)
        recorder.record(make_frame(number, time_ms))
        number += 1
        await asyncio.sleep(max(0.0, began_s + number * FRAME_MS / 1000 - time.monotonic()))


@contextmanager
def mosquitto(folder: Path) -> Iterator[int]:
    """A broker on a free loopback port; gives the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    user = "user root\n" if os.geteuid() == 0 else ""
    (folder / "broker.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n{user}", encoding="utf-8")
    with (folder / "broker.log").open("wb") as log:
        broker = subprocess.Popen(["mosquitto", "-c", str(folder / "broker.conf")], stdout=log, stderr=log)
    try:
        yield port
    finally:
        broker.terminate()
        broker.wait(10)


@asynccontextmanager
async def running_consumer(port: int, backlog_rows: int, ages: dict[str, int]) -> AsyncIterator[None]:
    """The consumer, from its subscription on; at the end `ages` has what it printed."""
    program = Path(__file__).with_name("consumer.py")
    consumer = await asyncio.create_subprocess_exec(
        sys.executable,
        str(program),
        str(port),
        str(backlog_rows),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert consumer.stdin is not None
    assert consumer.stdout is not None
    await consumer.stdout.readline()
    yield
    consumer.stdin.close()
    ages.update(json.loads(await consumer.stdout.readline()))
    await consumer.wait()


async def drain(recorder: Recorder, publisher: Publisher, backlog_rows: int) -> tuple[float, float]:
    """Publish with live data coming in, until the backlog is confirmed: seconds, and processor seconds of the agent."""
    began_s, cpu_s = time.monotonic(), time.process_time()
    tasks = [asyncio.create_task(part) for part in (recorder.run(), publisher.run(), record_live(recorder))]
    while publisher.stats.confirmed_seq < backlog_rows:
        await asyncio.sleep(0.01)
        for task in tasks:
            if task.done():
                task.result()
    taken = time.monotonic() - began_s, time.process_time() - cpu_s
    for task in reversed(tasks):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    return taken


async def measure(folder: Path, factor: int, settings: MqttTable) -> dict[str, object]:
    """The whole benchmark."""
    site, began_s = load_site(configs_folder() / "demo"), time.monotonic()
    recorder = Recorder(folder / "journal.sqlite3", ZoneInfo("Asia/Tokyo"), 120_000)
    await recorder.open({LAYOUT.device: LAYOUT})
    await fill(recorder, OUTAGE_FRAMES // factor)
    filled_s, backlog_rows = time.monotonic() - began_s, recorder.durable_seq
    ledger, ages = Ledger(folder / "journal.sqlite3"), dict[str, int]()
    encoder = Encoder("mill", (), ledger, SiteFactors(site))
    with mosquitto(folder) as port:
        async with (
            running_consumer(port, backlog_rows, ages),
            MqttClient(Broker("127.0.0.1", "agent", port, window=settings.window)) as client,
        ):
            publisher = Publisher(
                "mill", settings, 0, client=client, recorder=recorder, encoder=encoder, clock=SystemClock()
            )
            took_s, cpu_s = await drain(recorder, publisher, backlog_rows)
    ledger.close()
    await recorder.close()
    times_live = backlog_rows / took_s / (VALUES_PER_S / POINTS)
    return {
        "benchmark": "drain",
        "factor": factor,
        "backlog_rows": backlog_rows,
        "fill_s": round(filled_s, 1),
        "drain_s": round(took_s, 1),
        "rows_per_s": round(backlog_rows / took_s),
        "agent_core_share": round(cpu_s / took_s, 2),
        "times_live": round(times_live),
        "limit_times_live": LIMIT_TIMES_LIVE,
        **ages,
        "limit_age_ms": LIMIT_AGE_MS,
        "holds": times_live >= LIMIT_TIMES_LIVE and ages["live_rows"] > 0 and ages["live_max_ms"] < LIMIT_AGE_MS,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--factor", type=int, default=10, help="the backlog is divided by it; 1 is the whole outage")
    parser.add_argument("--lines-per-s", type=float, help="mqtt.backlog_lines_per_s, else its default")
    parser.add_argument("--folder", type=Path, help="where the journal goes; decides which disk is measured")
    arguments = parser.parse_args()
    settings = MqttTable()
    if arguments.lines_per_s is not None:
        settings = MqttTable(backlog_lines_per_s=arguments.lines_per_s)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        print(json.dumps(asyncio.run(measure(Path(folder), arguments.factor, settings))))


if __name__ == "__main__":
    main()
