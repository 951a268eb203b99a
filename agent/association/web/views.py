"""What the officer sees and does: inbox, status, questions, sites, the form. Asks the office, decides nothing."""

import asyncio
from itertools import pairwise

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent.accounting.calendar import fiscal_year_of
from agent.accounting.factors import MissingFactor
from agent.association.inbox.asked import Reply
from agent.association.inbox.office import Office
from agent.association.inbox.status import JAPAN, State, reminders
from agent.association.web.pages import Pages, WrongForm
from agent.association.web.paging import part_of
from agent.association.web.people import Role
from agent.submission.difference import differences
from agent.web.forms import own_form, text_of
from agent.web.preferences import keep_choices

_SHOWN = 200
_STRANGERS = 20
_MOST_CHARACTERS = 4000


class Views:
    """The pages of one office."""

    def __init__(self, office: Office, pages: Pages) -> None:
        self._office = office
        self._pages = pages

    async def inbox(self, request: Request) -> Response:
        """What is held and what was accepted, the last first."""
        held = await asyncio.to_thread(self._office.held.open, None, _SHOWN)
        entries = await asyncio.to_thread(self._office.store.entries, None, _SHOWN)
        return self._pages.render(request, "inbox", held=held, entries=entries, done=_done(request))

    async def status(self, request: Request) -> Response:
        """Who has submitted a year, sites with something left to do first, and the reminders to those shown."""
        year = self._year(request)
        status = await asyncio.to_thread(self._office.status, year)
        counts = {state.value: status.count(state) for state in State}
        sites = part_of(sorted(status.sites, key=lambda site: site.is_complete), _given(request, "part"))
        shown = {site.company for site in sites.items}
        texts = reminders(status, self._pages.texts(request).language, shown)
        years = self._years(year)
        return self._pages.render(
            request,
            "status",
            found=status,
            sites=sites,
            counts=counts,
            reminders=texts,
            year=year,
            years=years,
            strangers_shown=_STRANGERS,
        )

    async def questions(self, request: Request) -> Response:
        """What the checks ask, and the answers."""
        year = self._year(request)
        asked = await asyncio.to_thread(self._office.questions.of_year, year)
        still_open = sum(each.answer is None for each in asked)
        part, years = part_of(asked, _given(request, "part")), self._years(year)
        return self._pages.render(
            request, "questions", asked=part, still_open=still_open, year=year, years=years, done=_done(request)
        )

    async def site(self, request: Request) -> Response:
        """A site's year: its revisions, what changed between them, its questions."""
        year, company, site = self._year(request), _given(request, "company"), _given(request, "site")
        found = await asyncio.to_thread(self._office.store.revisions, company, site, year)
        changes = [
            (before.identity.revision, after.identity.revision, differences(earlier, later))
            for (before, earlier), (after, later) in pairwise(found)
        ]
        asked = await asyncio.to_thread(self._office.questions.of_site, company, site, year)
        return self._pages.render(
            request,
            "site",
            company=company,
            site=site,
            year=year,
            entries=[entry for entry, _ in found],
            changes=list(reversed(changes)),
            asked=asked,
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
        year = text_of(form, "fiscal_year")
        text = text_of(form, "text").strip()[:_MOST_CHARACTERS]
        if not text or not year.isdecimal():
            raise WrongForm("error_asked")
        reply = Reply(
            text_of(form, "company"), text_of(form, "site"), int(year[:4]), text_of(form, "key"), text, person
        )
        await asyncio.to_thread(self._office.answer, reply)
        return RedirectResponse(f"/questions?fiscal_year={int(year[:4])}&done=answer_kept", 303)

    async def settle(self, request: Request) -> Response:
        """Take a held file off the list."""
        form, person = await self._form_of_officer(request)
        number = text_of(form, "id")
        if not number.isdecimal() or len(number) > 9:
            raise WrongForm("error_asked")
        await asyncio.to_thread(self._office.held.settle, int(number), person, self._office.now_utc_s())
        return RedirectResponse("/?done=settled", 303)

    async def preferences(self, request: Request) -> Response:
        """Keep the language in a cookie."""
        return keep_choices(request, is_secure=self._office.service.file.web.certificate_file is not None)

    async def _form_of_officer(self, request: Request) -> tuple[FormData, str]:
        """A form from one of our own pages, and the officer who sends it. Raises ExpiredForm or WrongForm."""
        form, session = await own_form(request)
        if session.role != Role.OFFICER:
            raise WrongForm("not_allowed")
        return form, session.person

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
