"""What it costs to journal 50,000 values a second with full sync: frames of 60 points, accounted for and committed.

    python bench/forwarding/journal_rate.py [--seconds N] [--folder DIR]

Prints one line of JSON. Nothing is polled or published; making the frames is not counted.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.recorder import Recorder
from collectors.frame import Frame, Kind, Layout, Point

POINTS = 60
GAUGES = 20
VALUES_PER_S = 50_000
DEVICES = -(-VALUES_PER_S // POINTS)
"""Each is polled once a second."""
TICKS_PER_S = 20
LIMIT_CORE_SHARE = 1 / 3
START_MS = 1_696_204_800_000


def make_layout(number: int) -> Layout:
    """A meter of 40 counters and 20 gauges."""
    counters = [Point(f"energy_{n}", Kind.COUNTER, "kWh", Decimal("0.1"), 10**9) for n in range(POINTS - GAUGES)]
    return Layout(f"meter_{number}", (*counters, *(Point(f"power_{n}", Kind.GAUGE, "kW") for n in range(GAUGES))))


def make_frames(layouts: Sequence[Layout], second: int) -> list[Frame]:
    """One poll of every device, spread over the second."""
    values = [float(second * 3 + n) for n in range(POINTS)]
    start_ms = START_MS + second * 1000
    return [
        Frame.pack(layout, start_ms + 1000 * place // len(layouts), values, [0] * POINTS)
        for place, layout in enumerate(layouts)
    ]


async def measure(folder: Path, seconds: int) -> dict[str, object]:
    """Record for so many seconds at the pace of a plant, and what of a core that took."""
    layouts = [make_layout(number) for number in range(DEVICES)]
    polls = [make_frames(layouts, second) for second in range(seconds)]
    recorder = Recorder(folder / "journal.sqlite3", ZoneInfo("Asia/Tokyo"), 120_000)
    await recorder.open({layout.device: layout for layout in layouts})
    committing = asyncio.create_task(recorder.run())
    began_s, cpu_s = time.monotonic(), time.process_time()
    for second, frames in enumerate(polls):
        for tick in range(TICKS_PER_S):
            for frame in frames[tick::TICKS_PER_S]:
                recorder.record(frame)
            due_s = began_s + second + (tick + 1) / TICKS_PER_S
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
    await recorder.commit()
    took_s, cpu_s = time.monotonic() - began_s, time.process_time() - cpu_s
    committing.cancel()
    await asyncio.wait([committing])
    await recorder.close()
    share = cpu_s / took_s
    return {
        "benchmark": "journal_rate",
        "values_per_s": round(recorder.frames_durable * POINTS / took_s),
        "commits": recorder.beats,
        "core_share": round(share, 3),
        "limit_core_share": round(LIMIT_CORE_SHARE, 3),
        "holds": share <= LIMIT_CORE_SHARE and recorder.frames_durable * POINTS / took_s > VALUES_PER_S * 0.99,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--folder", type=Path, help="where the journal goes; decides which disk is measured")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        print(json.dumps(asyncio.run(measure(Path(folder), arguments.seconds))))


if __name__ == "__main__":
    main()
