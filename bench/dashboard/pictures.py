"""Makes the pictures of the dashboard's pages in docs/images, from two simulated years and a demonstration.

    python bench/dashboard/pictures.py [PAGE ...]

Needs chromium and chromium-l10n: date fields follow the browser's language, not the page's. The years are simulated
first (a minute); the demonstration then runs until its running half hour has a forecast.
"""

import argparse
import asyncio
import os
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
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from agent.clock import FastClock
from agent.dashboard.serve import serve_dashboard
from agent.dashboard.setup import setup_of
from agent.settings.site import Site, load_site
from agent.simulate.faults import Faults, plant_glitches, plant_outages
from agent.simulate.span import CADENCE_MS, Span, write_span
from agent.web.passwords import hash_password
from agent.web.people import Person, person_line
from collectors.simulated.mill import Mill

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
ATSUEN = Path(sys.executable).parent / "atsuen"
YEARS_BEGIN, YEAR_NOW = "2022-04-01T00:00", "2024-02-20T10:20"
_SEED = 1
_RGBA, _BUSY = 6, 503
YEAR_PORT, LIVE_PORT = 18601, 18610
LIVE_S, LIVE_SPEED = 20 * 60, 60
PERSON, PASSWORD = "計量責任者", "only for this picture"
BOOK = (
    "exclude melting_1_gas --from 2023-11-14T09:00 --to 2023-11-14T15:00 --reason 計器試験",
    "substitute melting_1_gas --from 2023-11-14 --to 2023-11-15 --method last_week --reason 計器試験",
    (
        "assert grid_power --from 2023-10-01 --to 2023-11-01 --quantity 12800000 --unit kWh --tolerance 5"
        " --reason 請求書照合 --document INV-1044"
    ),
)
LIVE = {"now": "/", "demand": "/demand", "devices": "/devices", "alerts": "/alerts"}
YEAR = {
    "flows": "/flows",
    "trends": "/trends?from=2023-12-01&to=2024-02-20",
    "year": "/year",
    "data": "/data",
    "corrections": "/corrections?kind=invoice",
}
DESK, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)


@contextmanager
def year_pages(folder: Path) -> Iterator[str]:
    """The dashboard over two simulated years, at a moment in February of the second."""
    shutil.copytree(ROOT / "configs" / "demo", folder)
    site = load_site(folder)
    now_ms = moment_ms(site, YEAR_NOW)
    write_years(site, moment_ms(site, YEARS_BEGIN), now_ms)
    for words in BOOK:
        command = [str(ATSUEN), "correct", "-c", str(folder), *words.split(), "--person", PERSON]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (folder / "people").touch(0o600)
    (folder / "people").write_text(person_line(Person(PERSON, "manager", hash_password(PASSWORD))), encoding="utf-8")
    clock = FastClock(now_ms, 1.0)
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


def moment_ms(site: Site, text: str) -> int:
    """A local time of the site in UTC milliseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=site.file.site.zone).timestamp()) * 1000


def write_years(site: Site, from_ms: int, to_ms: int) -> None:
    """The site's journal of that time, with outages and wrong readings planted in it."""
    mill = Mill(_SEED, from_ms)
    outages = plant_outages(_SEED, list(site.layouts), from_ms, to_ms, CADENCE_MS)
    faults = Faults(outages, plant_glitches(_SEED, mill.counters(), outages, from_ms, CADENCE_MS))
    path = site.path(site.file.journal.path)
    write_span(site, path, Span(mill, from_ms, to_ms, faults), lambda _: None)


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
    """Wait until what pages need was drawn once. Raises HTTPError for a page that fails, TimeoutError."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            with urlopen(address, timeout=60) as answer:
                if answer.status == 200:
                    return
        except HTTPError as error:
            if error.code != _BUSY:
                raise
            time.sleep(0.2)
        except URLError:
            time.sleep(0.2)
    raise TimeoutError(f"{address} was not drawn")


def log_in(page: Page, address: str) -> None:
    """Log in as somebody who may declare a correction."""
    page.goto(address + "/login")
    page.fill("[name=name]", PERSON)
    page.fill("[name=password]", PASSWORD)
    page.click("main button")


def take(browser: Browser, base: str, path: str, name: str, *, theme: str = "light", phone: bool = False) -> None:
    """One picture in Japanese."""
    with browser.new_context(viewport=PHONE if phone else DESK) as context:
        for cookie, value in (("atsuen_language", "ja"), ("atsuen_theme", theme)):
            context.add_cookies([{"name": cookie, "value": value, "url": base}])
        page = context.new_page()
        if name == "corrections":
            log_in(page, base)
        page.goto(base + path)
        if page.locator("[data-plot]").count():
            page.wait_for_function("document.querySelectorAll('[data-plot]:not([data-drawn])').length === 0")
        page.wait_for_timeout(1000)
        page.locator("[aria-busy=true]").wait_for(state="detached")
        image = IMAGES / f"{name}.png"
        page.screenshot(path=image)
    image.write_bytes(repacked(image.read_bytes()))


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
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--lang=ja"],
            env={**os.environ, "LANGUAGE": "ja"},
        )
        if set(wanted) & set(YEAR):
            with year_pages(Path(scratch) / "year") as address:
                for name in [name for name in YEAR if name in wanted]:
                    until_drawn(address + YEAR[name])
                    take(browser, address, YEAR[name], name)
        if set(wanted) & set(LIVE):
            with live_pages(Path(scratch) / "live", LIVE_S, LIVE_SPEED) as address:
                for name in [name for name in LIVE if name in wanted]:
                    until_drawn(address + LIVE[name])
                    take(browser, address, LIVE[name], name)
                if "now" in wanted:
                    take(browser, address, "/", "now-dark", theme="dark")
                    take(browser, address, "/", "now-phone", phone=True)
        browser.close()


if __name__ == "__main__":
    main()
