"""Pages and upload over real TLS: who may see and do what, what a sender is told, what bad input costs."""

import asyncio
import gc
import os
import re
import resource
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from agent.association.inbox.office import Office
from agent.association.web.people import Role
from agent.association.web.serve import serve_association
from agent.clock import SystemClock
from agent.settings.mistakes import SettingsError
from agent.submission.send import HttpsRules, SendError, send_by_https
from agent.submission.sign import new_key
from agent.web.people import person_line, read_people
from tests.agent.association.inbox.conftest import PASSWORD, PEOPLE, SERVICE, House, OpenOffice, parcel
from tests.conftest import Authority, find_free_port, until

ONCE = HttpsRules(attempts=1)


class Served:
    """A running service."""

    def __init__(self, url: str, ca_file: Path, office: Office) -> None:
        self.url = url
        self.ca_file = ca_file
        self.office = office

    def client(self, language: str = "en") -> httpx.AsyncClient:
        context = ssl.create_default_context(cafile=str(self.ca_file))
        headers = {"accept-language": language}
        return httpx.AsyncClient(base_url=self.url, verify=context, headers=headers, timeout=30)

    async def answers(self) -> bool:
        async with self.client() as client:
            try:
                return (await client.get("/login")).status_code == 200
            except httpx.ConnectError:
                return False

    async def send(self, file: bytes) -> str:
        return await asyncio.to_thread(send_by_https, f"{self.url}/submissions", file, self.ca_file, ONCE)


Serve = Callable[..., AbstractAsyncContextManager[Served]]


@pytest.fixture(name="serve")
def fixture_serve(house: House, open_office: OpenOffice, authority: Authority, clock: object) -> Serve:
    @asynccontextmanager
    async def serve(extra: str = "") -> AsyncIterator[Served]:
        port = find_free_port()
        certificate, key = authority.sign("association")
        web = f"\n[web]\nport = {port}\ncertificate_file = '{certificate}'\nkey_file = '{key}'\n"
        house.write_settings(service=SERVICE + web + extra)
        people = house.folder / "people"
        people.write_text("\n".join(map(person_line, PEOPLE)) + "\n", encoding="utf-8")
        people.chmod(0o600)
        office = open_office()
        serving = asyncio.create_task(serve_association(office, SystemClock()))
        try:
            served = Served(f"https://127.0.0.1:{port}", authority.file, office)
            while not await served.answers():
                assert not serving.done(), serving.exception()
            yield served
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            gc.collect()

    return serve


async def log_in(client: httpx.AsyncClient, name: str) -> str:
    """Log in; gives the token that forms need."""
    answer = await client.post("/login", data={"name": name, "password": PASSWORD, "next": "/"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    found = re.search(r'name="csrf" value="([^"]+)"', (await client.get("/")).text)
    assert found is not None
    return found[1]


async def test_an_upload_is_told_what_became_of_it(house: House, serve: Serve) -> None:
    async with serve() as served:
        told = await served.send(house.file())
        assert "受領しました" in told
        assert "Accepted: seto/marugame FY2023 revision 1 (final)" in told
        assert "Already received" in await served.send(house.file())
        with pytest.raises(SendError, match=r"422.*Raise the revision") as raised:
            await served.send(house.file(approval={"person": "高松", "day": "2024-06-15"}))
        assert "版番号を上げて" in str(raised.value)
        assert len(served.office.store.entries()) == 1
        async with served.client("en-GB,ja;q=0.5") as client:
            english = await client.post("/submissions", content=b"noise")
        assert (english.status_code, english.text.isascii()) == (422, True)


async def test_nothing_is_read_and_nothing_done_without_logging_in(house: House, serve: Serve) -> None:
    async with serve() as served, served.client() as client:
        for path in ("/", "/status", "/questions", "/form", "/site?company=seto&site=marugame"):
            answer = await client.get(path)
            assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/login")
        for path in ("/answer", "/settle", "/logout"):
            assert (await client.post(path, data={"id": "1"})).status_code == 303
        wrong = await client.post("/login", data={"name": "reader-1", "password": "guess", "next": "/"})
        assert (wrong.status_code, "wrong" in wrong.text) == (403, True)
        stranger = await client.post("/login", data={"name": "nobody", "password": PASSWORD, "next": "/"})
        assert stranger.status_code == 403


async def test_guessing_at_one_name_is_slowed_and_closes_nobody_else_out(serve: Serve) -> None:
    async with serve() as served, served.client() as client:
        answers = [
            (await client.post("/login", data={"name": "reader-1", "password": f"{n}", "next": "/"})).status_code
            for n in range(6)
        ]
        assert answers == [403] * 5 + [429]
        await log_in(client, "担当者 A")


async def test_every_answer_has_its_headers(serve: Serve) -> None:
    async with serve() as served, served.client() as client:
        for path in ("/login", "/nowhere", "/submissions"):
            headers = (await client.get(path)).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "no-store"
            assert "server" not in headers
        policy = (await client.get("/login")).headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy
        await log_in(client, "reader-1")
        cookie = next(iter(client.cookies.jar))
        assert (cookie.secure, cookie.has_nonstandard_attr("HttpOnly")) == (True, True)
        pages = [await client.get(path) for path in ("/", "/status", "/questions", "/form")]
        assert [page.status_code for page in pages] == [200] * 4
        assert not any(
            "<script" in page.text or "style=" in page.text or " on" + "click" in page.text for page in pages
        )
        assert (await client.get("/nowhere")).status_code == 404


async def test_an_officer_settles_and_a_reader_does_not(house: House, serve: Serve) -> None:
    async with serve() as served, served.client() as reader, served.client("ja") as officer:
        held = served.office.receiver.take(parcel(house.file(fiscal_year=2024), "<b>2024.jws"))
        form = {"id": str(held.held_id)}
        refused = await reader.post("/settle", data=form | {"csrf": await log_in(reader, "reader-1")})
        assert (refused.status_code, "Only an officer" in refused.text) == (403, True)
        page = (await reader.get("/")).text
        assert "&lt;b&gt;2024.jws" in page
        assert 'action="/settle"' not in page

        token = await log_in(officer, "担当者 A")
        assert (await officer.post("/settle", data=form | {"csrf": "x" * 43})).status_code == 403
        foreign = await officer.post("/settle", data=form | {"csrf": token}, headers={"origin": "https://evil.example"})
        assert foreign.status_code == 403
        assert len(served.office.held.open()) == 1
        assert (await officer.post("/settle", data=form | {"csrf": token})).status_code == 303
        assert served.office.held.open() == []
        assert "処理済みにしました" in (await officer.get("/?done=settled")).text
        assert (await officer.post("/logout", data={"csrf": token})).status_code == 303
        assert (await officer.get("/")).status_code == 303


async def test_what_changed_between_revisions_is_shown(house: House, serve: Serve) -> None:
    async with serve() as served, served.client() as client:
        document = house.document(revision=2)
        document["production"][0]["quantity_t"] = document["totals"]["production_t"] = "181.5"
        for file in (house.file(), house.signed(document)):
            await served.send(file)
        await log_in(client, "reader-1")
        page = (await client.get("/site?company=seto&site=marugame&fiscal_year=2023")).text
        assert "What changed from revision 1 to 2" in page
        assert "<td>production can_body</td><td>quantity_t</td><td>180.5</td><td>181.5</td>" in page


async def test_the_status_page_says_why_a_file_is_held_and_whose_it_is(house: House, serve: Serve) -> None:
    async with serve() as served, served.client("ja") as client:
        await served.send(house.file())
        take = served.office.receiver.take
        take(parcel(house.file(approval={"person": "高松", "day": "2024-06-15"}), "twice.jws"))
        take(parcel(house.signed(house.document("kinki", "osaka"), new_key()), "forged.jws"))
        await log_in(client, "reader-1")
        page = (await client.get("/status?fiscal_year=2023")).text
        assert "seto社 marugame工場 (seto/marugame)</a>" in page
        assert "twice.jws<p>同じ版番号で内容の異なる提出書を受領済みです。" in re.sub(r"\n\s*", "", page)
        assert "90.0 (70.0)" in page
        sites, strangers = page.split("事業所自身の署名がないファイル", 1)
        assert "forged.jws" not in sites
        assert "kinki/osaka 2023年度 第1版" in strangers
        assert "署名鍵が協会に登録されていません" in strangers
        inbox = (await client.get("/")).text
        assert "事業所自身の署名がないファイル: " in inbox
        assert "seto社 marugame工場 (seto/marugame) 2023年度 第1版" in inbox


async def test_the_sites_page_says_which_document_is_in_force(house: House, serve: Serve) -> None:
    async with serve() as served, served.client() as client:
        await served.send(house.file())
        assert "Revision 1 is final and stays in force" in await served.send(
            house.file(revision=2, status="provisional")
        )
        await log_in(client, "reader-1")
        page = (await client.get("/site?company=seto&site=marugame&fiscal_year=2023")).text
        assert "<td>1</td><td>final, in force</td>" in page
        assert "<td>2</td><td>provisional, not in force</td>" in page


async def test_questions_come_by_themselves_and_are_answered(house: House, serve: Serve) -> None:
    async with serve() as served, served.client() as client:
        await served.send(house.file(fiscal_year=2022))
        document = house.document()
        document["production"][0]["quantity_t"] = document["totals"]["production_t"] = "361"
        await served.send(house.signed(document))
        await until(lambda: len(served.office.questions.of_year(2023)) == 1)
        token = await log_in(client, "担当者 A")
        form = {"fiscal_year": "2023", "company": "seto", "site": "marugame", "text": "two shifts", "csrf": token}
        wrong = await client.post("/answer", data=form | {"key": "nothing"})
        assert (wrong.status_code, "jump:production" in wrong.text) == (400, True)
        right = await client.post("/answer", data=form | {"key": "jump:production"})
        assert right.headers["location"] == "/questions?fiscal_year=2023&done=answer_kept"
        assert "two shifts (担当者 A)" in (await client.get("/questions?fiscal_year=2023")).text


async def post_by_hand(served: Served, head: bytes, parts: int) -> bytes:
    """POST megabytes of nothing until the server closes; gives the first line of its answer."""
    context = ssl.create_default_context(cafile=str(served.ca_file))
    port = int(served.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    writer.write(b"POST /submissions HTTP/1.1\r\nHost: 127.0.0.1\r\n" + head + b"\r\n\r\n")
    answering = asyncio.create_task(reader.readline())
    try:
        for _ in range(parts):
            if answering.done():
                break
            writer.write(b"100000\r\n" + b"x" * 0x100000 + b"\r\n")
            await writer.drain()
        return await answering
    except ConnectionError:
        return b"closed"
    finally:
        answering.cancel()
        writer.close()
        await asyncio.gather(answering, writer.wait_closed(), return_exceptions=True)


async def test_a_hundred_megabytes_are_refused_and_not_kept_in_memory(house: House, serve: Serve) -> None:
    async with serve() as served:
        await served.send(house.file())
        before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert b" 413 " in await post_by_hand(served, b"Content-Length: 100000000", 0)
        line = await post_by_hand(served, b"Transfer-Encoding: chunked", 100)
        assert b" 413 " in line or line in {b"", b"closed"}
        grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb
        assert grown_kb < 40_000
        assert "Already received" in await served.send(house.file())
        assert served.office.held.open() == []


async def test_too_many_files_are_put_off(house: House, serve: Serve) -> None:
    async with serve("[upload]\nper_minute = 6\nburst = 3\n") as served, served.client() as client:
        answers = [await client.post("/submissions", content=b"x") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [422, 422, 422, 429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 10
        assert (await client.get("/login")).status_code == 200


async def test_an_upload_without_a_database_is_put_off_without_a_trace(
    house: House, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve() as served, served.client() as client:
        served.office.__exit__(None, None, None)
        database = house.folder / "submissions.sqlite3"
        os.rename(database, database.with_suffix(".away"))
        database.mkdir()
        answer = await client.post("/submissions", content=house.file())
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
        assert "Traceback" not in answer.text
        await client.post("/login", data={"name": "reader-1", "password": PASSWORD, "next": "/"})
        page = await client.get("/")
        assert (page.status_code, "database is away" in page.text) == (503, True)


def test_the_peoples_file_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "people"
    path.write_text("\n".join(map(person_line, PEOPLE)), encoding="utf-8")
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        read_people(path, tuple(Role))
    path.chmod(0o600)
    assert read_people(path, tuple(Role)) == PEOPLE
    twice = replace(PEOPLE[0], role=Role.READER)
    path.write_text(f"{person_line(PEOPLE[0])}\nofficer secret Mallory\n{person_line(twice)}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="people:2:1: is no person") as raised:
        read_people(path, tuple(Role))
    assert "a second time" in str(raised.value)
    path.write_text("# nobody\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="names nobody"):
        read_people(path, tuple(Role))
