"""Makes the pictures of the dashboard's pages in docs/images, from a simulated year and a demonstration.

    python bench/dashboard/pictures.py [PAGE ...]

Needs chromium. The year is simulated first (half a minute); the demonstration then
runs until its pages have something to show.
"""

import argparse
import asyncio
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from agent.clock import FastClock
from agent.dashboard.serve import serve_dashboard
from agent.dashboard.setup import setup_of
from agent.settings.site import load_site

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
ATSUEN = Path(sys.executable).parent / "atsuen"
YEAR_NOW = "2024-02-20T10:20"
_RGBA = 6
YEAR_PORT, LIVE_PORT = 18601, 18610
LIVE = {"now": "/", "demand": "/demand", "devices": "/devices", "alerts": "/alerts"}
YEAR = {
    "flows": "/flows",
    "trends": "/trends?from=2023-12-01&to=2024-02-20",
    "year": "/year",
    "data": "/data",
    "corrections": "/corrections",
}
DESK, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)


@contextmanager
def year_pages(folder: Path) -> Iterator[str]:
    """The dashboard over a simulated year, at a moment in February."""
    shutil.copytree(ROOT / "configs" / "demo", folder)
    words = [
        str(ATSUEN),
        "simulate-year",
        "-c",
        str(folder),
        "--fiscal-year",
        "2023",
        "--no-faults",
        "--out",
        str(folder),
    ]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    site = load_site(folder)
    now_utc_s = int(datetime.fromisoformat(YEAR_NOW).replace(tzinfo=site.file.site.zone).timestamp())
    clock = FastClock(now_utc_s * 1000, 1.0)
    clock.begin()
    loop = asyncio.new_event_loop()
    serving = loop.create_task(serve_dashboard(setup_of(site, clock, YEAR_PORT)))
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.wait([serving])))
    thread.start()
    try:
        yield f"http://127.0.0.1:{YEAR_PORT}"
    finally:
        loop.call_soon_threadsafe(serving.cancel)
        thread.join()


@contextmanager
def live_pages(folder: Path, simulated_s: float, speed: float) -> Iterator[str]:
    """The dashboard of a demonstration, after some simulated time."""
    words = [str(ATSUEN), "demo", "--speed", str(speed), "--port", str(LIVE_PORT - 5), "--data", str(folder)]
    running = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        time.sleep(simulated_s / speed)
        yield f"http://127.0.0.1:{LIVE_PORT}"
    finally:
        running.terminate()
        running.wait()


def until_drawn(address: str) -> None:
    """Wait until what pages need was drawn once."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            with urlopen(address, timeout=60) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)


def take(browser: Browser, address: str, name: str, *, theme: str = "light", phone: bool = False) -> None:
    """One picture in Japanese."""
    with browser.new_context(viewport=PHONE if phone else DESK) as context:
        for cookie, value in (("atsuen_language", "ja"), ("atsuen_theme", theme)):
            context.add_cookies([{"name": cookie, "value": value, "url": address}])
        page = context.new_page()
        page.goto(address)
        if page.locator("[data-plot]").count():
            page.wait_for_function("document.querySelectorAll('[data-plot]:not([data-drawn])').length === 0")
        page.wait_for_timeout(1000)
        path = IMAGES / f"{name}.png"
        page.screenshot(path=path)
    path.write_bytes(repacked(path.read_bytes()))


def repacked(png: bytes) -> bytes:
    """The same picture in 64 shades a colour, which nobody sees, packed as tightly as zlib can."""
    head, pixels, at = b"", b"", 8
    while at < len(png):
        size = int.from_bytes(png[at : at + 4])
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        head = content if kind == b"IHDR" else head
        pixels += content if kind == b"IDAT" else b""
        at += 12 + size
    width, has_alpha = int.from_bytes(head[:4]), head[9] == _RGBA
    shades = bytes(min(255, (value + 2) // 4 * 4) for value in range(256))
    rows = [row.translate(shades) for row in _unfiltered(zlib.decompress(pixels), width, 4 if has_alpha else 3)]
    raw = b"".join(b"\0" + row for row in rows)
    chunks = [(b"IHDR", head), (b"IDAT", min((_packed(raw, how) for how in range(4)), key=len)), (b"IEND", b"")]
    return png[:8] + b"".join(_chunk(kind, content) for kind, content in chunks)


def _unfiltered(raw: bytes, width: int, depth: int) -> Iterator[bytes]:
    """The rows of a picture without the filters of PNG (RFC 2083, section 6)."""
    size = width * depth
    before = bytes(size)
    for start in range(0, len(raw), size + 1):
        how, row = raw[start], bytearray(raw[start + 1 : start + 1 + size])
        for index in range(size):
            left = row[index - depth] if index >= depth else 0
            above = before[index]
            corner = before[index - depth] if index >= depth else 0
            row[index] = (row[index] + (0, left, above, (left + above) // 2, _paeth(left, above, corner))[how]) & 0xFF
        before = bytes(row)
        yield before


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)


def _packed(raw: bytes, strategy: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 15, 9, strategy)
    return packer.compress(raw) + packer.flush()


def main() -> None:
    """Make all pictures, or those of some pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", choices=[*LIVE, *YEAR, []], metavar="PAGE")
    wanted = parser.parse_args().pages or [*LIVE, *YEAR]
    chromium = shutil.which("chromium")
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        if set(wanted) & set(YEAR):
            with year_pages(Path(scratch) / "year") as address:
                for name in [name for name in YEAR if name in wanted]:
                    until_drawn(address + YEAR[name])
                    take(browser, address + YEAR[name], name)
        if set(wanted) & set(LIVE):
            with live_pages(Path(scratch) / "live", 1.5 * 3600, 60) as address:
                for name in [name for name in LIVE if name in wanted]:
                    until_drawn(address + LIVE[name])
                    take(browser, address + LIVE[name], name)
                if "now" in wanted:
                    take(browser, address, "now-dark", theme="dark")
                    take(browser, address, "now-phone", phone=True)
        browser.close()


if __name__ == "__main__":
    main()
