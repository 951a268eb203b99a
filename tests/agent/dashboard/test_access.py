"""Who may see and who may declare: hosts, people and roles, the reverse proxy, forms from elsewhere."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from agent.settings.dashboard_table import DashboardTable
from agent.storage.book import Book, book_path

ENGLISH, JAPANESE = {"accept-language": "en"}, {"accept-language": "ja"}
PASSWORD = "correct horse battery staple"
MANAGER, READER = "計量 責任者", "reader-1"
ENTRY = {
    "kind": "exclusion",
    "name": "grid_power",
    "from": "2023-10-01",
    "to": "2023-10-02",
    "reason": "meter on test",
    "document": "work order 7",
}
OPEN = {"host": "0.0.0.0", "certificate_file": "c.pem", "key_file": "k.pem"}
PROXY = {"host": "0.0.0.0", "proxy_header": "X-Remote-User", "proxy_addresses": ["192.0.2.1"]}


def book_of(plant: Any) -> Book:
    return Book(book_path(plant.site.folder / "journal.sqlite3"))


def csrf_of(text: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', text)
    assert found is not None
    return found[1]


async def log_in(client: Any, name: str = MANAGER) -> str:
    """Log in; gives the token that forms need."""
    answer = await client.post("/login", data={"name": name, "password": PASSWORD, "next": "/corrections"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/corrections")
    return csrf_of((await client.get("/corrections")).text)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"host": "0.0.0.0"}, "open to the network"),
        ({"certificate_file": "c"}, "belong together"),
        ({"proxy_header": "X-Remote-User"}, "belong together"),
        ({"proxy_header": "X-Remote-User", "proxy_addresses": ["proxy"]}, "proxy"),
        ({**PROXY, "proxy_role": "officer"}, "manager"),
        ({"password_hash": "$argon2id$x"}, "password_hash"),
    ],
)
def test_what_is_not_safe_is_a_mistake(table: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        DashboardTable(**table)


async def test_another_host_name_is_refused_on_this_machine(plant: Any, open_dashboard: Any) -> None:
    """A page of another site whose name leads to 127.0.0.1 reads nothing."""
    async with open_dashboard(plant, names=["panel.mill.example"]) as client:
        foreign = await client.get("/api/now", headers={"host": "evil.example"})
        known = await client.get("/api/now", headers={"host": "panel.mill.example:8484"})
        local = await client.get("/api/now", headers={"host": "[::1]:8484"})
    assert (foreign.status_code, known.status_code, local.status_code) == (421, 200, 200)


async def test_reading_is_free_on_this_machine_and_declaring_is_not(peopled: Any, open_dashboard: Any) -> None:
    async with open_dashboard(peopled) as client:
        assert (await client.get("/")).status_code == 200
        answer = await client.post("/corrections", data=ENTRY)
    assert answer.status_code == 403
    assert book_of(peopled).entries() == []


async def test_without_people_nobody_can_log_in_and_the_page_says_how(plant: Any, open_dashboard: Any) -> None:
    async with open_dashboard(plant) as client:
        page = await client.get("/login", headers={"accept-language": "en"})
        answer = await client.post("/login", data={"name": MANAGER, "password": PASSWORD})
    assert "atsuen dashboard password NAME --role manager" in page.text
    assert answer.status_code == 403


async def test_the_book_has_the_name_of_whoever_is_logged_in(peopled: Any, open_dashboard: Any) -> None:
    async with open_dashboard(peopled) as client:
        csrf = await log_in(client, "  計量  責任者 ")
        without = await client.post("/corrections", data=ENTRY)
        wrong = await client.post("/corrections", data=ENTRY | {"csrf": csrf[:-1] + "x"})
        assert (without.status_code, wrong.status_code) == (403, 403)
        assert book_of(peopled).entries() == []
        done = await client.post("/corrections", data=ENTRY | {"csrf": csrf, "person": "somebody else"})
        assert done.status_code == 303
        page = await client.get(done.headers["location"])
        again = await client.post("/corrections", data=ENTRY | {"csrf": csrf}, headers=ENGLISH)
        energy = await client.get("/api/energy?by=day&from=2023-10-01&to=2023-10-02&stream=grid_power")
    (entry,) = book_of(peopled).entries()
    assert (entry.person, entry.reason, entry.document) == ("計量 責任者", "meter on test", "work order 7")
    assert "計量 責任者" in page.text
    assert again.status_code == 422
    assert "withdraw it first" in again.text
    (rows,) = energy.json().values()
    assert rows[0]["grid_power_kWh"] is None  # figures drawn before the entry do not outlive it


async def test_a_reader_declares_nothing(peopled: Any, open_dashboard: Any) -> None:
    async with open_dashboard(peopled) as client:
        csrf = await log_in(client, READER)
        page = await client.get("/corrections", headers={"accept-language": "en"})
        answer = await client.post("/corrections", data=ENTRY | {"csrf": csrf})
    assert "Only a manager may declare" in page.text
    assert 'name="reason"' not in page.text
    assert answer.status_code == 403
    assert book_of(peopled).entries() == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "closing"}, "kind"),
        ({"kind": "invoice", "quantity": "1,000", "unit": "kWh"}, "1000"),
        ({"kind": "invoice", "quantity": "1000", "unit": "MWh"}, "kWh"),
        ({"kind": "invoice", "quantity": "1000", "unit": ""}, "counted in kWh"),
        ({"kind": "invoice", "quantity": "1e9999", "unit": "kWh"}, "number"),
        ({"kind": "invoice", "quantity": "1", "unit": "kWh", "state": "liquid"}, "state"),
        ({"kind": "substitution", "method": "guess"}, "method"),
        ({"kind": "answer", "finding": "no_production:FY2023"}, "there is no finding"),
        ({"name": "grid_powr"}, "grid_power"),
        ({"from": "9999-12-31T23:59"}, "calendar|future|over|length|half hours"),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 501}, "500"),
    ],
)
async def test_what_may_not_stand_is_refused_with_a_sentence(
    peopled: Any, open_dashboard: Any, change: dict[str, str], told: str
) -> None:
    async with open_dashboard(peopled) as client:
        csrf = await log_in(client)
        answer = await client.post("/corrections", data=ENTRY | change | {"csrf": csrf}, headers=ENGLISH)
    assert answer.status_code == 422
    assert re.search(told, answer.text)
    assert book_of(peopled).entries() == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "invoice", "quantity": "1,000", "unit": "kWh"}, "1000 と書いてください"),
        ({"kind": "invoice", "quantity": "1000", "unit": "MWh"}, "grid_power の単位は MWh ではなく kWh です"),
        ({"kind": "invoice", "quantity": "1000", "unit": ""}, "数量(quantity): 数値とともに単位も書いてください"),
        ({"kind": "substitution", "method": "guess"}, "代替方法(method): "),
        ({"name": "grid_powr"}, "サイトに系統 "),
        ({"reason": ""}, "理由がありません"),
        ({"reason": "x" * 501}, "理由(reason): 改行を入れず 500 文字以内で書いてください"),
    ],
)
async def test_a_japanese_page_refuses_in_japanese(
    peopled: Any, open_dashboard: Any, change: dict[str, str], told: str
) -> None:
    async with open_dashboard(peopled) as client:
        csrf = await log_in(client)
        answer = await client.post("/corrections", data=ENTRY | change | {"csrf": csrf}, headers=JAPANESE)
    assert answer.status_code == 422
    problem = re.search(r'role="alert">([^<]*)', answer.text)
    assert problem is not None
    assert told in problem[1]
    assert not problem[1].isascii()


async def test_a_finding_of_the_gate_is_answered(peopled: Any, open_dashboard: Any) -> None:
    async with open_dashboard(peopled) as client:
        gate = (await client.get("/api/gate?fiscal_year=2023")).json()["findings"]
        key = next(finding["key"] for finding in gate if finding["can_be_answered"])
        csrf = await log_in(client)
        done = await client.post("/corrections", data={"kind": "answer", "finding": key, "reason": "x", "csrf": csrf})
    assert done.status_code == 303
    assert [entry.person for entry in book_of(peopled).entries()] == [MANAGER]


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}]
)
async def test_a_form_of_another_site_is_refused(peopled: Any, open_dashboard: Any, headers: dict[str, str]) -> None:
    async with open_dashboard(peopled) as client:
        answer = await client.post("/login", data={"name": MANAGER, "password": PASSWORD}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_guessing_is_slowed_down(peopled: Any, open_dashboard: Any) -> None:
    async with open_dashboard(peopled) as client:
        tries = [await client.post("/login", data={"name": MANAGER, "password": f"guess {i}"}) for i in range(6)]
        right = await client.post("/login", data={"name": MANAGER, "password": PASSWORD})
        await log_in(client, READER)  # nobody else is closed out
    assert [answer.status_code for answer in tries] == [403] * 5 + [429]
    assert right.status_code == 429  # nobody learns that this one would have been right


async def test_the_cookie_is_kept_from_scripts_and_other_sites(peopled: Any, open_dashboard: Any) -> None:
    async with open_dashboard(peopled) as client:
        answer = await client.post("/login", data={"name": MANAGER, "password": PASSWORD})
        cookie = answer.headers["set-cookie"].lower()
        page = await client.get("/corrections")
        out = await client.post("/logout", data={"csrf": csrf_of(page.text)})
        after = await client.get("/corrections")
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "$argon2" not in page.text
    assert out.status_code == 303
    assert 'name="csrf"' not in after.text


async def test_an_open_address_asks_who_it_is_first(peopled: Any, open_dashboard: Any) -> None:
    async with open_dashboard(peopled, client="192.0.2.7", **OPEN) as client:
        page = await client.get("/year")
        data = await client.get("/api/now")
        events = await client.get("/api/events")
        form = await client.get("/login")
        style = await client.get(re.findall(r'href="(/static/[^"]+css)"', form.text)[0])
        entry = {"name": READER, "password": PASSWORD, "next": "https://evil.example"}
        answer = await client.post("/login", data=entry)
    assert page.headers["location"] == "/login?next=/year"
    assert (data.status_code, events.status_code, form.status_code, style.status_code) == (401, 401, 200, 200)
    assert "max-age" in form.headers["strict-transport-security"]
    assert answer.headers["location"] == "/"
    assert "secure" in answer.headers["set-cookie"].lower()


async def test_a_person_taken_out_of_the_file_is_out(peopled: Any, open_dashboard: Any) -> None:
    """Without a restart. While the file has a mistake nobody is in, and the page says so."""
    people = peopled.site.folder / "people"
    lines = people.read_text(encoding="utf-8")
    async with open_dashboard(peopled, client="192.0.2.7", base="https://127.0.0.1", **OPEN) as client:
        await client.post("/login", data={"name": READER, "password": PASSWORD})
        assert (await client.get("/alerts")).status_code == 200
        people.write_text(lines + "nonsense\n", encoding="utf-8")
        assert (await client.get("/alerts")).status_code == 303
        page = await client.get("/login", headers={"accept-language": "en"})
        assert "file of people has a mistake" in page.text
        people.write_text(lines, encoding="utf-8")
        assert (await client.get("/alerts")).status_code == 200
        people.write_text(lines.splitlines()[0] + "\n", encoding="utf-8")
        assert (await client.get("/alerts")).status_code == 303
        people.write_text(lines, encoding="utf-8")
        assert (await client.get("/alerts")).status_code == 303


async def test_a_proxy_is_believed_from_its_own_address_alone(plant: Any, open_dashboard: Any) -> None:
    headers = {"x-remote-user": "sato"}
    async with open_dashboard(plant, client="192.0.2.1", **PROXY, proxy_role="manager") as client:
        assert (await client.get("/", headers=headers)).status_code == 200
        assert (await client.get("/")).status_code == 403
        csrf = csrf_of((await client.get("/corrections", headers=headers)).text)
        done = await client.post("/corrections", data=ENTRY | {"csrf": csrf}, headers=headers)
        assert done.status_code == 303
    async with open_dashboard(plant, client="192.0.2.9", **PROXY) as client:
        assert (await client.get("/", headers=headers)).status_code == 403
    assert [entry.person for entry in book_of(plant).entries()] == ["sato"]


async def test_whom_a_proxy_names_reads_unless_the_file_of_people_says_more(peopled: Any, open_dashboard: Any) -> None:
    async with open_dashboard(peopled, client="192.0.2.1", **PROXY) as client:
        for name, status in (("sato", 403), (MANAGER, 303)):
            headers = {"x-remote-user": name.encode()}
            csrf = csrf_of((await client.get("/corrections", headers=headers)).text)
            done = await client.post("/corrections", data=ENTRY | {"csrf": csrf}, headers=headers)
            assert done.status_code == status, name


async def test_large_bodies_and_queries_are_refused(peopled: Any, open_dashboard: Any) -> None:
    async with open_dashboard(peopled) as client:
        query = await client.get("/?" + "a" * 5000)
        body = await client.post("/login", data={"name": "x" * 100_000, "password": "y"})
    assert query.status_code == 414
    assert body.status_code == 413
