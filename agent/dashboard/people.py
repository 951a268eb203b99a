"""What people do beside reading: choose language and appearance, declare corrections."""

import asyncio
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent.accounting.entries import Draft, Entry
from agent.correction_fields import Typed
from agent.correction_kinds import KINDS, kind_named
from agent.corrections import CorrectionError, unit_of
from agent.dashboard.auth import may_correct
from agent.dashboard.pages import THEME_COOKIE, THEMES, Pages
from agent.dashboard.setup import Setup
from agent.declare import declare
from agent.query import entries_of
from agent.reports.book import EntryWriter, withdrawn_by
from agent.texts import LANGUAGES, Texts
from agent.typed import TypedError
from agent.web.forms import ExpiredForm, own_form, session_of
from agent.web.preferences import keep_choices


class People:
    """The pages that change something: a cookie, the book."""

    def __init__(self, setup: Setup, pages: Pages) -> None:
        self._setup = setup
        self._pages = pages

    async def preferences(self, request: Request) -> Response:
        """Keep language and appearance in cookies."""
        is_secure = self._setup.table.has_tls
        return keep_choices(request, is_secure=is_secure, further={"theme": (THEME_COOKIE, THEMES)})

    async def corrections(self, request: Request) -> Response:
        """The book, and for managers the forms that add to it."""
        return await self._book(request)

    async def declare(self, request: Request) -> Response:
        """Add one entry, with the name of whoever is logged in."""
        values = {name: value for name, value in (await request.form(max_files=0)).items() if isinstance(value, str)}
        if session_of(request) is None:
            return await self._book(request, 403, problem=self._pages.tell(request, "correct_log_in"), values=values)
        try:
            _, session = await own_form(request)
        except ExpiredForm:
            return await self._book(request, 403, problem=self._pages.tell(request, "form_expired"), values=values)
        if not may_correct(session):
            return await self._book(request, 403, problem=self._pages.tell(request, "not_allowed"), values=values)
        try:
            entry = await asyncio.to_thread(self._append, session.person, values)
        except (TypedError, CorrectionError) as error:
            told = error.text(self._pages.texts(request).language)
            return await self._book(request, 422, problem=told, values=values)
        return RedirectResponse(f"/corrections?done={entry.number}", 303)

    def _append(self, person: str, values: Mapping[str, str]) -> Entry:
        """Append what a form says, as `atsuen correct` does. Raises TypedError, and what `agent.declare` raises."""
        site, typed = self._setup.site, Typed(values, self._setup.site)
        content = kind_named(typed.text("kind")).describe(typed)
        draft = Draft(person, typed.text("reason"), typed.text("document"), content)
        return declare(site, draft, self._setup.clock.now_ms()).added[0]

    async def _book(
        self, request: Request, status: int = 200, *, problem: str = "", values: Mapping[str, str] | None = None
    ) -> Response:
        site, say = self._setup.site, self._pages.texts(request)
        entries = await asyncio.to_thread(entries_of, site)
        writer = EntryWriter(Texts(say.language), site.file.site.zone, self._unit)
        withdrawn = withdrawn_by(entries)
        done = request.query_params.get("done", "")
        added = [writer.line(entry) for entry in entries if str(entry.number) == done]
        wanted = (values or {}).get("kind", "") or request.query_params.get("kind", "")
        return self._pages.render(
            request,
            "corrections",
            status,
            records=[writer.record(entry, withdrawn) for entry in reversed(entries)],
            kinds=KINDS,
            chosen=next((kind for kind in KINDS if kind.name == wanted), KINDS[0]),
            word=LANGUAGES.index(say.language),
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
