"""The pages in a browser over the journal of a running demonstration: they move, fetch nothing elsewhere, pass axe."""

import asyncio
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it has no types
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, ViewportSize, sync_playwright

from agent.clock import FastClock
from agent.dashboard.serve import serve_dashboard
from agent.dashboard.setup import Setup
from agent.settings.dashboard_rules import paths_of
from agent.settings.dashboard_table import DashboardTable
from agent.settings.site import Site, load_site
from agent.web.people import Person, person_line
from tests.agent.conftest import leave_out

ROOT = Path(__file__).parents[3]
PAGES = (
    "/",
    "/demand",
    "/flows",
    "/trends",
    "/alerts",
    "/year",
    "/data",
    "/devices",
    "/corrections",
    "/login",
    "/trace?line=grid_power&by=half-hour",
)
SIZES = (ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844))
LIMIT_S = 60.0


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def newest_ms(journal: Path) -> int:
    if not journal.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT coalesce(max(time_ms), 0) FROM frame").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The journal of a demonstration in real time that goes on until the tests are over."""
    folder = tmp_path_factory.mktemp("demo")
    atsuen = Path(sys.executable).parent / "atsuen"
    command = [str(atsuen), "demo", "--speed", "1", "--seconds", "300", "--data", str(folder)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        wait_for(lambda: newest_ms(folder / "journal.sqlite3") > 0 or running.poll() is not None)
        assert running.poll() is None
        yield folder / "journal.sqlite3"
    finally:
        running.terminate()
        running.communicate(timeout=60)


@contextmanager
def serving(site: Site, now_ms: int) -> Iterator[str]:
    """A dashboard in a thread of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    clock = FastClock(now_ms, 1.0)
    clock.begin()
    setup = Setup(site, clock, DashboardTable(port=port), paths_of(site.file.target))
    ready, loop = threading.Event(), asyncio.new_event_loop()
    tasks: list[asyncio.Task[None]] = []

    async def serve() -> None:
        tasks.append(asyncio.ensure_future(serve_dashboard(setup)))
        ready.set()
        await asyncio.gather(*tasks, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(LIMIT_S)
        wait_for(lambda: is_open(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(tasks[0].cancel)
        thread.join(LIMIT_S)
        loop.close()


@pytest.fixture(scope="module")
def address(demo: Path) -> Iterator[str]:
    """A dashboard over the demonstration, on its clock."""
    site = load_site(ROOT / "configs" / "demo")
    placed = site.file.model_copy(update={"journal": site.file.journal.model_copy(update={"path": demo})})
    with serving(replace(site, file=placed), newest_ms(demo)) as found:
        yield found


@pytest.fixture(scope="module")
def past_days(
    recorded: tuple[Path, object], tmp_path_factory: pytest.TempPathFactory, password_hash: str
) -> Iterator[str]:
    """A dashboard over nine days that are stored, with a manager."""
    folder = tmp_path_factory.mktemp("past") / "site"
    shutil.copytree(recorded[0], folder)
    (folder / "people").write_text(person_line(Person("計量 責任者", "manager", password_hash)), encoding="utf-8")
    (folder / "people").chmod(0o600)
    with serving(load_site(folder), newest_ms(folder / "journal.sqlite3")) as found:
        yield found


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("CI") == "true":
            pytest.fail("needs chromium: apt-get install chromium", pytrace=False)
        leave_out("needs chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


class Watch:
    """What a page complains about, and where it asks."""

    def __init__(self, page: Page, address: str) -> None:
        self.complaints: list[str] = []
        self._address = address
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _see(self, request: Request) -> None:
        if not request.url.startswith((self._address, "data:")):
            self.complaints.append(f"asked elsewhere: {request.url}")


@pytest.mark.parametrize(("language", "theme"), [("ja", "light"), ("en", "dark")])
def test_every_page_is_accessible_and_fits(browser: Browser, address: str, language: str, theme: str) -> None:
    """One language on a desk, the other on a phone; each page is then fitted into the other size."""
    sizes = SIZES if language == "ja" else SIZES[::-1]
    with browser.new_context(viewport=sizes[0]) as context:
        for name, value in {"atsuen_language": language, "atsuen_theme": theme}.items():
            context.add_cookies([{"name": name, "value": value, "url": address}])
        page = context.new_page()
        watch = Watch(page, address)
        for path in PAGES:
            page.goto(address + path)
            page.wait_for_load_state("load")
            found = Axe().run(page).response["violations"]
            assert [(each["id"], each["nodes"][0]["target"]) for each in found] == [], path
            for size in sizes[::-1]:
                page.set_viewport_size(size)
                assert page.evaluate("document.documentElement.scrollWidth") == size["width"], path
            assert page.get_attribute("html", "lang") == language
        assert watch.complaints == []


def test_the_first_page_moves_with_the_readings(browser: Browser, address: str) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        watch = Watch(page, address)
        page.goto(address)
        energy = page.locator('[data-live="running.energy"]')
        before = energy.inner_text()
        moved = "before => document.querySelector('[data-live=\"running.energy\"]').textContent !== before"
        page.wait_for_function(moved, arg=before, timeout=LIMIT_S * 1000)
        assert float(energy.inner_text().replace(",", "")) > float(before.replace(",", ""))
        assert page.locator("#history svg").count() > 0
        assert page.locator("#lost").is_hidden()
        assert watch.complaints == []


@pytest.mark.parametrize(("language", "theme"), [("ja", "light"), ("en", "dark")])
def test_large_charts_are_drawn_from_their_tables(browser: Browser, past_days: str, language: str, theme: str) -> None:
    trends = "/trends?by=half-hour&series=grid_power&series=production&measure=amount&style=stacked&against=2023-09-26"
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        for name, value in {"atsuen_language": language, "atsuen_theme": theme}.items():
            context.add_cookies([{"name": name, "value": value, "url": past_days}])
        page = context.new_page()
        watch = Watch(page, past_days)
        for path, chart in (("/flows", "#flows-chart"), (trends, "#trend-chart"), ("/trends", "#trend-chart")):
            page.goto(past_days + path)
            page.wait_for_selector(f"{chart}[data-drawn]", timeout=LIMIT_S * 1000)
            assert page.locator(f"{chart} .plot svg").count() > 0
            found = Axe().run(page).response["violations"]
            assert [(each["id"], each["nodes"][0]["target"]) for each in found] == [], path
        assert watch.complaints == []


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_manager_logs_in_and_declares(browser: Browser, past_days: str, language: str) -> None:
    """With scripts only for the look at accessibility; each kind of correction fits on a desk and on a phone."""
    with browser.new_context(viewport=SIZES[0], locale=language) as context:
        page = context.new_page()
        watch = Watch(page, past_days)
        page.goto(past_days + "/corrections")
        page.locator("main a.button").click()
        page.locator("input[name=name]").fill("計量 責任者")
        page.locator("input[name=password]").fill("correct horse battery staple")
        page.locator("main button").click()
        for kind in page.locator(".kinds a").evaluate_all("links => links.map(link => link.getAttribute('href'))"):
            page.goto(past_days + kind)
            found = Axe().run(page).response["violations"]
            assert [(each["id"], each["nodes"][0]["target"]) for each in found] == [], kind
            for size in SIZES[::-1]:
                page.set_viewport_size(size)
                assert page.evaluate("document.documentElement.scrollWidth") == size["width"], kind
        page.goto(past_days + "/corrections?kind=exclusion")
        typed = {"name": "grid_power", "from": "2023-09-26", "to": "2023-09-27", "reason": language}
        for name, text in (typed | ({"from": "2023-09-27", "to": "2023-09-28"} if language == "en" else {})).items():
            page.locator(f"input[name={name}]").fill(text)
        page.locator("main form button").click()
        assert page.locator("[role=status]").inner_text().endswith(f"(計量 責任者; {language})")
        assert watch.complaints == []


def test_the_demand_moves_with_the_readings(browser: Browser, address: str) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        watch = Watch(page, address)
        page.goto(address + "/demand")
        clock = page.locator('[data-live="clock"]').inner_text()
        moved = "before => document.querySelector('[data-live=\"clock\"]').textContent !== before"
        page.wait_for_function(moved, arg=clock, timeout=LIMIT_S * 1000)
        assert page.locator("#demand-chart svg").count() > 0
        assert watch.complaints == []


def test_it_works_by_keyboard(browser: Browser, address: str) -> None:
    """The first stop is the way past the navigation, the next ones are the views; what has the focus shows it."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(address)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.goto(address)
        for _ in range(3):
            page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "/demand"
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.keyboard.press("Enter")
        page.wait_for_url("**/demand")
        assert page.locator("h1").is_visible()


def test_the_pages_work_without_scripts(browser: Browser, address: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(address)
        assert page.locator('[data-live="running.energy"]').inner_text() not in {"", "–"}
        page.goto(address + "/data")
        assert page.locator(".calendar li").count() > 10
