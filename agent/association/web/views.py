"""What the officer sees and does: inbox, status, questions, sites, the form. Asks the office, decides nothing."""

import asyncio
import hmac
from itertools import pairwise

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent.accounting.calendar import fiscal_year_of
from agent.accounting.factors import MissingFactor
from agent.association.inbox.asked import Reply
from agent.association.inbox.office import Office
from agent.association.inbox.status import JAPAN, State, reminders
from agent.association.web.pages import LANGUAGE_COOKIE, Pages, WrongForm, session_of
from agent.association.web.people import PeopleGate, Role
from agent.dashboard.auth import COOKIE, SESSION_S, TooManyTries
from agent.dashboard.security import local_path
from agent.submission.difference import differences
from agent.texts import LANGUAGES

_SHOWN = 200
_MOST_CHARACTERS = 4000
_YEAR_S = 365 * 86_400


class Views:
    """The pages of one office."""

    def __init__(self, office: Office, gate: PeopleGate, pages: Pages) -> None:
        self._office = office
        self._gate = gate
        self._pages = pages

    async def inbox(self, request: Request) -> Response:
        """What is held and what was accepted, the last first."""
        held = await asyncio.to_thread(self._office.held.open, None, _SHOWN)
        entries = await asyncio.to_thread(self._office.store.entries, None, _SHOWN)
        return self._pages.render(request, "inbox", held=held, entries=entries, done=_done(request))

    async def status(self, request: Request) -> Response:
        """Who has submitted a year, and the reminders."""
        year = self._year(request)
        status = await asyncio.to_thread(self._office.status, year)
        counts = {state.value: status.count(state) for state in State}
        texts = reminders(status, self._pages.texts(request).language)
        years = self._years(year)
        return self._pages.render(
            request, "status", found=status, counts=counts, reminders=texts, year=year, years=years
        )

    async def questions(self, request: Request) -> Response:
        """What the checks ask, and the answers."""
        year = self._year(request)
        asked = await asyncio.to_thread(self._office.questions.of_year, year)
        years = self._years(year)
        return self._pages.render(request, "questions", asked=asked, year=year, years=years, done=_done(request))

    async def site(self, request: Request) -> Response:
        """A site's year: its revisions, what changed between them, its questions."""
        year, company, site = self._year(request), _given(request, "company"), _given(request, "site")
        found = await asyncio.to_thread(self._office.store.revisions, company, site, year)
        changes = [
            (before.identity.revision, after.identity.revision, differences(earlier, later))
            for (before, earlier), (after, later) in pairwise(found)
        ]
        asked = await asyncio.to_thread(self._office.questions.of_year, year)
        return self._pages.render(
            request,
            "site",
            company=company,
            site=site,
            year=year,
            entries=[entry for entry, _ in found],
            changes=list(reversed(changes)),
            asked=[each for each in asked if (each.company, each.site) == (company, site)],
        )

    async def form(self, request: Request) -> Response:
        """The industry's form as it stands."""
        year, result, problem = self._year(request), None, ""
        try:
            result = await asyncio.to_thread(self._office.print_year, year)
        except MissingFactor as error:
            problem = str(error)
        years = self._years(year)
        return self._pages.render(request, "form", result=result, problem=problem, year=year, years=years)

    async def answer(self, request: Request) -> Response:
        """Keep an answer."""
        form, person = await self._form_of_officer(request)
        year = _text(form, "fiscal_year")
        text = _text(form, "text").strip()[:_MOST_CHARACTERS]
        if not text or not year.isdecimal():
            raise WrongForm("error_asked")
        reply = Reply(_text(form, "company"), _text(form, "site"), int(year[:4]), _text(form, "key"), text, person)
        await asyncio.to_thread(self._office.answer, reply)
        return RedirectResponse(f"/questions?fiscal_year={int(year[:4])}&done=answer_kept", 303)

    async def settle(self, request: Request) -> Response:
        """Take a held file off the list."""
        form, person = await self._form_of_officer(request)
        number = _text(form, "id")
        if not number.isdecimal() or len(number) > 9:
            raise WrongForm("error_asked")
        await asyncio.to_thread(self._office.held.settle, int(number), person, self._office.now_utc_s())
        return RedirectResponse("/?done=settled", 303)

    async def log_in(self, request: Request) -> Response:
        """The form, or a try."""
        say, problem, status = self._pages.texts(request), "", 200
        wanted = local_path(request.query_params.get("next", "/"))
        if request.method == "POST":
            form = await request.form(max_files=0, max_fields=10)
            wanted = local_path(_text(form, "next"))
            try:
                token = await self._gate.log_in(_text(form, "name"), _text(form, "password"))
            except TooManyTries as error:
                problem, status = say("too_many_tries", wait=f"{error.wait_s:.0f}"), 429
            else:
                if token is not None:
                    answer = RedirectResponse(wanted, 303)
                    is_secure, age_s = self._gate.table.has_tls, int(SESSION_S)
                    answer.set_cookie(COOKIE, token, age_s, secure=is_secure, httponly=True, samesite="strict")
                    return answer
                problem, status = say("wrong_password"), 403
        return self._pages.render(request, "login", status, next=wanted, problem=problem)

    async def log_out(self, request: Request) -> Response:
        """End the session."""
        await self._form_of(request)
        self._gate.log_out(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE)
        return answer

    async def preferences(self, request: Request) -> Response:
        """Keep the language in a cookie."""
        answer = RedirectResponse(local_path(request.query_params.get("next", "/")), 303)
        chosen = request.query_params.get("language", "")
        if chosen in LANGUAGES:
            is_secure = self._gate.table.has_tls
            answer.set_cookie(LANGUAGE_COOKIE, chosen, _YEAR_S, secure=is_secure, httponly=True, samesite="lax")
        return answer

    async def _form_of(self, request: Request) -> tuple[FormData, str]:
        """A form from one of our own pages, and who sends it. Raises WrongForm."""
        form, session = await request.form(max_files=0, max_fields=20), session_of(request)
        if session is None or not hmac.compare_digest(_text(form, "csrf").encode(), session.csrf.encode()):
            raise WrongForm("form_expired")
        return form, session.person

    async def _form_of_officer(self, request: Request) -> tuple[FormData, str]:
        form, person = await self._form_of(request)
        session = session_of(request)
        if session is None or self._gate.role(session) is not Role.OFFICER:
            raise WrongForm("not_allowed")
        return form, person

    def _year(self, request: Request) -> int:
        """The year that is asked for, else the newest open one, else the one before the running one."""
        given = request.query_params.get("fiscal_year", "")
        if given.isascii() and given.isdecimal() and len(given) == 4:
            return int(given)
        if given:
            raise WrongForm("error_asked")
        open_years = self._office.service.open_years
        return max(open_years) if open_years else fiscal_year_of(self._office.now_utc_s(), JAPAN) - 1

    def _years(self, shown: int) -> list[int]:
        return sorted({shown, *self._office.service.open_years}, reverse=True)


def _done(request: Request) -> str:
    """The sentence that a form before this page asks to be shown."""
    done = request.query_params.get("done", "")
    return done if done in {"answer_kept", "settled"} else ""


def _given(request: Request, name: str) -> str:
    return request.query_params.get(name, "")[:64]


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
