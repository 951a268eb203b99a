"""How long it takes to account for a year of one-minute frames of 60 points: 31.6 million values, on one core.

    python bench/accounting/intervals.py [--days N]

Prints one line of JSON. Making the frames is not counted; decoding them is.
"""

import argparse
import json
import time
from decimal import Decimal

from agent.accounting.device_account import DeviceAccount
from collectors.frame import Frame, Kind, Layout, Point

POINTS = 60
GAUGES = 20
MINUTE_MS = 60_000
MINUTES_PER_DAY = 1440
START_MS = 1_680_274_800_000
"""2023-04-01 00:00 in Japan; the fiscal year has 366 days."""
LIMIT_S = 60.0
GAP_MS = 120_000


def make_layout() -> Layout:
    """40 counters of six digits that turn over a few times a year, and 20 gauges."""
    counters = [
        Point(f"energy_{number}", Kind.COUNTER, "kWh", Decimal("0.1"), 1_000_000, Decimal(600))
        for number in range(POINTS - GAUGES)
    ]
    return Layout("meter", (*counters, *(Point(f"power_{number}", Kind.GAUGE, "kW") for number in range(GAUGES))))


def make_day(layout: Layout, day: int) -> list[Frame]:
    """The frames of one day."""
    good = [0] * POINTS
    frames = []
    for minute in range(day * MINUTES_PER_DAY, (day + 1) * MINUTES_PER_DAY):
        counts = [float(minute * (10 + number) % 1_000_000) for number in range(POINTS - GAUGES)]
        powers = [100.0 + (minute + number) % 50 for number in range(GAUGES)]
        frames.append(Frame.pack(layout, START_MS + minute * MINUTE_MS, counts + powers, good))
    return frames


def measure(days: int) -> dict[str, object]:
    """Seconds for so many days, and for a year at that pace."""
    layout = make_layout()
    account = DeviceAccount(layout, GAP_MS)
    seconds, half_hours, seq = 0.0, 0, 0
    for day in range(days):
        frames = make_day(layout, day)
        began = time.process_time()
        for frame in frames:
            seq += 1
            outcome = account.take(frame.time_ms, frame.read_values(), frame.read_quality(), seq)
            half_hours += len(outcome.intervals)
        seconds += time.process_time() - began
    year_s = seconds / days * 366
    return {
        "what": "half hours from a year of 1-minute frames of 60 points",
        "days": days,
        "values": seq * POINTS,
        "half_hours": half_hours,
        "seconds": round(seconds, 2),
        "seconds_a_year": round(year_s, 2),
        "limit_seconds": LIMIT_S,
        "holds": year_s <= LIMIT_S,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=366, help="days to account for; the figure is for 366")
    print(json.dumps(measure(parser.parse_args().days)))


if __name__ == "__main__":
    main()
