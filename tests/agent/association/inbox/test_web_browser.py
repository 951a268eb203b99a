"""The officer's work in a real browser, without JavaScript: inbox, a question answered, the form, both languages."""

import asyncio
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from agent.association.inbox.office import Office
from agent.association.web.serve import serve_association
from agent.clock import SystemClock
from agent.web.people import person_line
from tests.agent.association.inbox.conftest import PASSWORD, PEOPLE, SERVICE, House, OpenOffice, parcel
from tests.agent.conftest import leave_out
from tests.conftest import find_free_port


@pytest.fixture(name="browser")
def fixture_browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        leave_out("needs chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(name="address")
def fixture_address(house: House, open_office: OpenOffice) -> Iterator[str]:
    """A service on loopback in a thread of its own, with something in the inbox."""
    port = find_free_port()
    house.write_settings(service=f"{SERVICE}\n[web]\nport = {port}\n")
    (house.folder / "people").write_text("\n".join(map(person_line, PEOPLE)), encoding="utf-8")
    (house.folder / "people").chmod(0o600)
    office = open_office()
    fill(house, office)
    with ExitStack() as stack:
        loop = asyncio.new_event_loop()
        serving = loop.create_task(serve_association(office, SystemClock()))

        def run() -> None:
            loop.run_until_complete(asyncio.gather(serving, return_exceptions=True))
            loop.close()

        thread = threading.Thread(target=run)
        thread.start()
        stack.callback(thread.join, 30)
        stack.callback(lambda: loop.call_soon_threadsafe(serving.cancel))
        address = f"http://127.0.0.1:{port}"
        wait_for(address)
        yield address


def wait_for(address: str) -> None:
    """Wait until the service answers."""
    deadline = time.monotonic() + 30
    while True:
        try:
            httpx.get(f"{address}/login")
        except httpx.ConnectError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        else:
            return


def fill(house: House, office: Office) -> None:
    """Two accepted documents, the later with twice the production, and one that is held."""
    office.receiver.take(parcel(house.file(fiscal_year=2022)))
    document = house.document()
    document["production"][0]["quantity_t"] = document["totals"]["production_t"] = "361"
    office.receiver.take(parcel(house.signed(document)))
    office.receiver.take(parcel(house.file("kinki", "osaka", fiscal_year=2024), "too-early.jws"))
    office.ask(2023)


def test_an_officers_day(browser: Browser, address: str) -> None:
    context = browser.new_context(locale="ja-JP", java_script_enabled=False)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(address)
    page.get_by_label("氏名").fill("担当者 A")
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="ログイン").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("受付")
    expect(page.get_by_text("too-early.jws")).to_be_visible()
    expect(page.get_by_text("この年度の受付は行っていません")).to_be_visible()

    page.get_by_role("link", name="提出状況").click()
    expect(page.get_by_role("row", name="kinki/osaka")).to_contain_text("未提出")

    page.get_by_role("link", name="質問").click()
    expect(page.get_by_text("production が前年度比 100.0 %")).to_be_visible()
    page.get_by_label("回答").fill("2交代にした")
    page.get_by_role("button", name="回答を保存").click()
    expect(page.get_by_text("回答済み: 2交代にした (担当者 A)")).to_be_visible()

    page.get_by_role("link", name="様式").click()
    expect(page.locator("#table-results")).to_be_visible()
    expect(page.get_by_text("kinki社 osaka工場 (kinki/osaka) の報告がありません")).to_be_visible()

    page.locator("summary").click()
    page.get_by_label("言語").select_option("en")
    page.get_by_role("button", name="適用").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Form 2023")
    expect(page.get_by_text("kinki/osaka has not submitted")).to_be_visible()
    page.get_by_role("link", name="Inbox").click()
    expect(page.get_by_text("Documents of this fiscal year are not taken now")).to_be_visible()
    page.get_by_role("button", name="Settled").click()
    expect(page.get_by_text("Nothing is held.")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    assert complaints == []
    context.close()
