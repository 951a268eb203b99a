"""How fast the dashboard's pages and periods come and are painted, and what twenty open ones cost, with 500 points.

    python bench/dashboard/pages.py --folder DIR [--now 2024-03-31T10:10] [--seconds 20]

Needs chromium. DIR is what `bench/accounting/close_year.py --folder DIR` leaves; the figures that the dashboard keeps
in it are removed first. Prints one line of JSON.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
from playwright.async_api import async_playwright

from agent.clock import FastClock
from agent.dashboard.kept_file import kept_path
from agent.dashboard.serve import serve_dashboard
from agent.dashboard.setup import setup_of
from agent.settings.site import load_site

PAGES = {
    "now": "/",
    "demand": "/demand",
    "flows": "/flows",
    "trends": "/trends",
    "year": "/year",
    "data": "/data",
    "devices": "/devices",
    "alerts": "/alerts",
    "trend of a year by day": "/trends?series=power_1&series=power_2&from=2023-04-01&to=2024-04-01",
    "trend of a month by half hour": "/trends?series=power_1&series=gas_1&by=half-hour&from=2023-10-01&to=2023-11-01",
    "flows of a year in CO2": "/flows?measure=co2_kg&from=2023-04-01&to=2024-04-01",
}
PERIOD_LIMIT_S, PAINT_LIMIT_S, OPEN_PAGES_LIMIT = 0.5, 1.0, 0.05
OPEN_PAGES = 20
PERIODS = 60
SERIES = ("energy_intensity", "production", "site", "power_1", "power_2", "gas_1")
FIRST_PAINT = """() => new Promise(resolve => {
    const told = performance.getEntriesByName("first-contentful-paint");
    if (told.length) resolve(told[0].startTime);
    else new PerformanceObserver((list, observer) => {
        for (const entry of list.getEntriesByName("first-contentful-paint")) {
            observer.disconnect();
            resolve(entry.startTime);
        }
    }).observe({type: "paint", buffered: true});
})"""
"""From the navigation's start on, so the server's time is in it."""
_TICKS = os.sysconf("SC_CLK_TCK")


def serve(folder: Path, now_utc_s: int, port: int) -> None:
    """The dashboard at a moment of the journal; runs until it is ended."""
    clock = FastClock(now_utc_s * 1000, 1.0)
    clock.begin()
    asyncio.run(serve_dashboard(setup_of(load_site(folder), clock, port)))


def cpu_s(pid: int) -> float:
    """Seconds of a core that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory_mb(pid: int) -> float:
    """What a process has in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def get(client: httpx.AsyncClient, path: str) -> tuple[float, int]:
    """Seconds and bytes of a page. Raises httpx.HTTPStatusError."""
    began = time.perf_counter()
    answer = await client.get(path)
    answer.raise_for_status()
    return time.perf_counter() - began, len(answer.content)


def some_periods(first_day: date, days: int) -> list[str]:
    """Addresses of periods of all lengths, drawn at random with a fixed seed: flows, trends by any size."""
    chance, paths = random.Random(7), []
    for number in range(PERIODS):
        length = round(days ** chance.uniform(0.2, 1.0))
        start = first_day + timedelta(days=chance.randrange(0, max(1, days - length)))
        words = {"from": start.isoformat(), "to": (start + timedelta(days=length)).isoformat()}
        if number % 3:
            words |= {"by": chance.choice(["half-hour", "hour", "day", "month"]), "series": chance.choice(SERIES)}
        else:
            words |= {"measure": chance.choice(["energy_gj", "co2_kg"])}
        paths.append(f"{'/trends' if number % 3 else '/flows'}?{urlencode(words)}")
    return paths


async def periods(client: httpx.AsyncClient, first_day: date, days: int) -> dict[str, object]:
    """How long each of some periods takes that nobody has asked for before."""
    took = sorted([((await get(client, path))[0], path) for path in some_periods(first_day, days)], reverse=True)
    return {
        "count": len(took),
        "median_seconds": round(took[len(took) // 2][0], 3),
        "longest_seconds": round(took[0][0], 3),
        "longest": took[0][1],
        "limit_seconds": PERIOD_LIMIT_S,
        "over_limit": sum(seconds > PERIOD_LIMIT_S for seconds, _ in took),
    }


async def paints(port: int) -> dict[str, float]:
    """Seconds until Chromium paints something of each page, each in a new context with nothing in its cache."""
    found = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, path in PAGES.items():
            context = await browser.new_context(viewport={"width": 1280, "height": 800})
            page = await context.new_page()
            await page.goto(f"http://127.0.0.1:{port}{path}", wait_until="commit")
            found[name] = round(await page.evaluate(FIRST_PAINT) / 1000, 3)
            await context.close()
        await browser.close()
    return found


async def listen(client: httpx.AsyncClient) -> None:
    """One open page."""
    async with client.stream("GET", "/api/events", timeout=None) as stream:
        async for _ in stream.aiter_lines():
            pass


async def until_open(client: httpx.AsyncClient) -> None:
    """Wait for the first answer."""
    while True:
        try:
            await client.get("/login")
        except httpx.TransportError:
            await asyncio.sleep(0.02)
        else:
            return


async def measure(port: int, pid: int, seconds: float, day: date) -> dict[str, object]:
    """Pages cold and warm, then open pages."""
    limits = httpx.Limits(max_connections=50)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=300, limits=limits) as client:
        began = time.perf_counter()
        await until_open(client)
        started_s = time.perf_counter() - began
        cold = {name: round((await get(client, path))[0], 3) for name, path in PAGES.items()}
        warm = {name: await get(client, path) for name, path in PAGES.items()}
        first_paints = await paints(port)
        asked = await periods(client, day, 365)
        pages = [asyncio.create_task(listen(client)) for _ in range(OPEN_PAGES)]
        await asyncio.sleep(2)
        used, began = cpu_s(pid), time.perf_counter()
        await asyncio.sleep(seconds)
        share = (cpu_s(pid) - used) / (time.perf_counter() - began)
        for page in pages:
            page.cancel()
        await asyncio.gather(*pages, return_exceptions=True)
        return {
            "start_seconds": round(started_s, 2),
            "cold_seconds": cold,
            "warm_seconds": {name: round(took, 3) for name, (took, _) in warm.items()},
            "first_paint_seconds": first_paints,
            "first_paint_limit_seconds": PAINT_LIMIT_S,
            "periods": asked,
            "page_bytes": {name: size for name, (_, size) in warm.items()},
            "cpu_share_of_20_open_pages": round(share, 4),
            "limit_of_20_open_pages": OPEN_PAGES_LIMIT,
            "memory_mb": round(memory_mb(pid), 1),
        }


def run(folder: Path, now_utc_s: int, seconds: float) -> dict[str, object]:
    """Measure a server that is started for it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    words = [sys.executable, __file__, "--serve", str(port), "--folder", str(folder), "--now-utc-s", str(now_utc_s)]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        first_day = datetime.fromtimestamp(now_utc_s, tz=UTC).date() - timedelta(days=365)
        return asyncio.run(measure(port, server.pid, seconds, first_day))
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    """Measure and print: with nothing kept, and once more with what the first run has kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--now", default="2024-03-31T10:10", help="local time, a moment of the journal")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--now-utc-s", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve is not None:
        serve(asked.folder, asked.now_utc_s, asked.serve)
        return
    site = load_site(asked.folder)
    now_utc_s = int(datetime.fromisoformat(asked.now).replace(tzinfo=site.file.site.zone).timestamp())
    kept = kept_path(site.path(site.file.journal.path))
    kept.unlink(missing_ok=True)
    first = run(asked.folder, now_utc_s, asked.seconds)
    again = run(asked.folder, now_utc_s, asked.seconds)
    print(json.dumps({"first": first, "again": again, "kept_mb": round(kept.stat().st_size / 1e6, 1)}))


if __name__ == "__main__":
    main()
