"""What people do beside reading: log in and out, choose language and appearance, declare corrections."""

import asyncio
import hmac
from functools import partial

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from agent.corrections import CorrectionError, unit_of
from agent.dashboard.auth import COOKIE, SESSION_S, Gatekeeper, Session, TooManyTries
from agent.dashboard.forms import FORMS, declare
from agent.dashboard.pages import LANGUAGE_COOKIE, THEME_COOKIE, THEMES, Pages, session_of
from agent.dashboard.security import local_path
from agent.dashboard.setup import Setup
from agent.query import entries_of
from agent.reports.book import EntryWriter, withdrawn_by
from agent.texts import LANGUAGES, Texts
from agent.typed import TypedError

_YEAR_S = 365 * 86_400


class People:
    """The pages that change something: a cookie, a session, the book."""

    def __init__(self, setup: Setup, gatekeeper: Gatekeeper, pages: Pages) -> None:
        self._setup = setup
        self._gatekeeper = gatekeeper
        self._pages = pages

    async def preferences(self, request: Request) -> Response:
        """Keep language and appearance in cookies."""
        answer = RedirectResponse(local_path(request.query_params.get("next", "/")), 303)
        for name, cookie, known in (("language", LANGUAGE_COOKIE, LANGUAGES), ("theme", THEME_COOKIE, THEMES)):
            chosen = request.query_params.get(name, "")
            if chosen in known:
                answer.set_cookie(cookie, chosen, max_age=_YEAR_S, samesite="lax", secure=self._has_tls, httponly=True)
        return answer

    async def log_in(self, request: Request) -> Response:
        """The form, or a try."""
        say, problem, status = self._pages.texts(request), "", 200
        wanted = local_path(request.query_params.get("next", "/"))
        if request.method == "POST":
            form = await request.form(max_files=0, max_fields=10)
            wanted = local_path(_text(form, "next"))
            try:
                token = await self._gatekeeper.log_in(_text(form, "name"), _text(form, "password"))
            except TooManyTries as error:
                problem, status = say("too_many_tries", wait=f"{error.wait_s:.0f}"), 429
            else:
                if token is not None:
                    return self._logged_in(wanted, token)
                problem, status = say("wrong_password"), 403
        return self._pages.render(request, "login", status, next=wanted, problem=problem)

    def _logged_in(self, wanted: str, token: str) -> Response:
        answer = RedirectResponse(wanted, 303)
        answer.set_cookie(COOKIE, token, max_age=int(SESSION_S), samesite="strict", secure=self._has_tls, httponly=True)
        return answer

    async def log_out(self, request: Request) -> Response:
        """End the session."""
        form = await request.form(max_files=0, max_fields=10)
        session = session_of(request)
        if session is None or not _is_from(session, form):
            return PlainTextResponse("this form is too old\n", 403)
        self._gatekeeper.log_out(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/", 303)
        answer.delete_cookie(COOKIE)
        return answer

    async def corrections(self, request: Request) -> Response:
        """The book, and for those who are logged in the forms that add to it."""
        return await self._book(request)

    async def declare(self, request: Request) -> Response:
        """Add one entry."""
        say, session = self._pages.texts(request), session_of(request)
        form = await request.form(max_files=0, max_fields=30)
        values = {name: value for name, value in form.items() if isinstance(value, str)}
        if session is None:
            return await self._book(request, 403, problem=say("correct_log_in"), values=values)
        if not _is_from(session, form):
            return await self._book(request, 403, problem=say("form_expired"), values=values)
        call = partial(declare, self._setup.site, session.person, values, self._setup.clock.now_ms())
        try:
            entry = await asyncio.to_thread(call)
        except (TypedError, CorrectionError) as error:
            return await self._book(request, 422, problem=str(error), values=values)
        return RedirectResponse(f"/corrections?done={entry.number}", 303)

    async def _book(
        self, request: Request, status: int = 200, *, problem: str = "", values: dict[str, str] | None = None
    ) -> Response:
        site, say = self._setup.site, self._pages.texts(request)
        entries = await asyncio.to_thread(entries_of, site)
        writer = EntryWriter(Texts(say.language), site.file.site.zone, self._unit)
        withdrawn = withdrawn_by(entries)
        done = request.query_params.get("done", "")
        added = [writer.line(entry) for entry in entries if str(entry.number) == done]
        kinds = {form.kind for form in FORMS}
        wanted = (values or {}).get("kind", "") or request.query_params.get("kind", "")
        return self._pages.render(
            request,
            "corrections",
            status,
            records=[writer.record(entry, withdrawn) for entry in reversed(entries)],
            forms=FORMS,
            chosen=wanted if wanted in kinds else "reading",
            values=values or {name: value[:200] for name, value in request.query_params.items()},
            problem=problem,
            done=say("correct_done", entry=added[0]) if added else "",
            points=sorted(site.points),
            streams=[stream.id for stream in (*site.streams, *site.products)],
        )

    def _unit(self, name: str) -> str:
        try:
            return unit_of(self._setup.site, name)
        except TypedError:
            return ""

    @property
    def _has_tls(self) -> bool:
        return self._setup.table.has_tls


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _is_from(session: Session, form: FormData) -> bool:
    """Whether a form has the session's own token."""
    return hmac.compare_digest(_text(form, "csrf").encode(), session.csrf.encode())
