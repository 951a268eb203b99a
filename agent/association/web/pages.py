"""Puts the officer's pages together: language, navigation, templates, errors. Knows no document."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from agent.association.inbox.database import StoreAway
from agent.association.inbox.service import Service
from agent.association.inbox.status import JAPAN
from agent.association.web.people import PeopleGate, Role
from agent.association.web.texts import WebTexts
from agent.dashboard.assets import asset_url
from agent.dashboard.auth import Session
from agent.reports.table import rounded
from agent.settings.mistakes import SettingsError
from agent.texts import LANGUAGES

log = structlog.get_logger(__name__)

LANGUAGE_COOKIE = "atsuen_language"
NAVIGATION = (
    ("/", "view_inbox"),
    ("/status", "view_status"),
    ("/questions", "view_questions"),
    ("/form", "view_form"),
)

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class WrongForm(Exception):  # noqa: N818 - says what is the matter
    """A form may not be taken: the text of `key` says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders templates for a request, and tells errors in a sentence."""

    service: Service
    gate: PeopleGate

    def texts(self, request: Request) -> WebTexts:
        """The reader's language: what they chose, what their browser asks for, or the settings'."""
        chosen = request.cookies.get(LANGUAGE_COOKIE, "")
        if chosen in LANGUAGES:
            return WebTexts(chosen)
        wanted = request.headers.get("accept-language", "")[:200].lower()
        first = next((part.strip()[:2] for part in wanted.split(",") if part.strip()[:2] in LANGUAGES), "")
        return WebTexts(first or self.service.file.web.language)

    def render(self, request: Request, name: str, status: int = 200, **values: object) -> HTMLResponse:
        """A page of a template."""
        say, session = self.texts(request), session_of(request)
        table = self.service.association.file.association
        role = None if session is None else self.gate.role(session)
        common: Mapping[str, object] = {
            "say": say,
            "languages": LANGUAGES,
            "association": table.name_ja if say.language == "ja" else table.name_en,
            "navigation": NAVIGATION,
            "path": request.url.path,
            "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            "session": session,
            "role": role,
            "is_officer": role is Role.OFFICER,
            "asset_url": asset_url,
            "local": local,
            "percent": lambda value: rounded(value, 1),
            "query": urlencode,
        }
        return HTMLResponse(_TEMPLATES.get_template(f"{name}.html.j2").render(**common, **values), status)

    async def wrong_form(self, request: Request, error: Exception) -> Response:
        """A form of somebody who may not, or of an old page."""
        return self._tell(request, HTTPStatus.FORBIDDEN, error.key if isinstance(error, WrongForm) else "error_asked")

    async def expected(self, request: Request, error: Exception) -> Response:
        """What is away, missing, or was asked for wrongly."""
        if isinstance(error, StoreAway):
            log.error("store_away", problem=str(error))
            return self._tell(request, HTTPStatus.SERVICE_UNAVAILABLE, "error_store")
        status = HTTPStatus.SERVICE_UNAVAILABLE if isinstance(error, SettingsError) else HTTPStatus.BAD_REQUEST
        return self._tell(request, status, "error_asked", str(error))

    async def http(self, request: Request, error: Exception) -> Response:
        """No such page, a method that is not there, a body that is too large."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        return self._tell(request, status, "error_none" if status == HTTPStatus.NOT_FOUND else "error_asked")

    async def bug(self, request: Request, error: Exception) -> Response:
        """A mistake of ours: the log has it, the reader a sentence."""
        log.error("page_failed", path=request.url.path, error=repr(error))
        return self._tell(request, HTTPStatus.INTERNAL_SERVER_ERROR, "error_bug")

    def _tell(self, request: Request, status: int, key: str, detail: str = "") -> Response:
        return self.render(request, "error", status, title=self.texts(request)(key), detail=detail[:2000])


def session_of(request: Request) -> Session | None:
    """Who asks, as the guard has noted it."""
    session = getattr(request.state, "session", None)
    return session if isinstance(session, Session) else None


def local(utc_s: int) -> str:
    """An instant as clocks in Japan show it."""
    return datetime.fromtimestamp(utc_s, JAPAN).strftime("%Y-%m-%d %H:%M")
