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
from agent.association.inbox.names import Names
from agent.association.inbox.service import Service
from agent.association.inbox.status import JAPAN
from agent.association.web.people import Role
from agent.association.web.texts import WebTexts
from agent.reports.table import rounded
from agent.settings.mistakes import SettingsError
from agent.texts import LANGUAGES
from agent.web.assets import SHARED, Assets
from agent.web.forms import session_of
from agent.web.preferences import language_of

log = structlog.get_logger(__name__)

ASSETS = Assets(SHARED)
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

    def texts(self, request: Request) -> WebTexts:
        """The reader's language: what they chose, what their browser asks for, or the settings'."""
        return WebTexts(language_of(request, self.service.file.web.language))

    def tell(self, request: Request, key: str, **values: object) -> str:
        """A text in the reader's language."""
        return self.texts(request)(key, **values)

    def render(self, request: Request, name: str, status: int = 200, **values: object) -> HTMLResponse:
        """A page of a template."""
        say, session = self.texts(request), session_of(request)
        table = self.service.association.file.association
        common: Mapping[str, object] = {
            "say": say,
            "languages": LANGUAGES,
            "association": table.name_ja if say.language == "ja" else table.name_en,
            "navigation": NAVIGATION,
            "path": request.url.path,
            "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            "session": session,
            "is_officer": session is not None and session.role == Role.OFFICER,
            "asset_url": ASSETS.url,
            "local": local,
            "percent": lambda value: rounded(value, 1),
            "query": urlencode,
            "names": Names(self.service.association.file),
        }
        return HTMLResponse(_TEMPLATES.get_template(f"{name}.html.j2").render(**common, **values), status)

    async def wrong_form(self, request: Request, error: Exception) -> Response:
        """A form of somebody who may not, or that says nothing."""
        return self._tell(request, HTTPStatus.FORBIDDEN, error.key if isinstance(error, WrongForm) else "error_asked")

    async def expired_form(self, request: Request, _: Exception) -> Response:
        """A form of an old page."""
        return self._tell(request, HTTPStatus.FORBIDDEN, "form_expired")

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


def local(utc_s: int) -> str:
    """An instant as clocks in Japan show it."""
    return datetime.fromtimestamp(utc_s, JAPAN).strftime("%Y-%m-%d %H:%M")
