"""What a reader is told when something cannot be shown: a sentence and what to do, never a stack trace."""

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from agent.dashboard.pages import Pages
from agent.dashboard.params import ParamError
from agent.settings.mistakes import SettingsError
from agent.storage.database import StorageError
from agent.texts.refusal import RefusalError
from agent.trace import NoSuchLine

log = structlog.get_logger(__name__)

_STATUS: tuple[tuple[type[Exception], int, str], ...] = (
    (ParamError, 400, "error_asked"),
    (NoSuchLine, 404, "error_asked"),
    (StorageError, 503, "no_journal"),
    (SettingsError, 503, "no_figures"),
    (ValueError, 422, "no_figures"),
)
EXPECTED = (ParamError, NoSuchLine, StorageError, SettingsError, ValueError)


class Errors:
    """Answers errors in the form that was asked for: a page, or JSON below /api."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def expected(self, request: Request, error: Exception) -> Response:
        """What is missing or was asked for wrongly."""
        for kind, status, key in _STATUS:
            if isinstance(error, kind):
                language = self._pages.texts(request).language
                told = error.text(language) if isinstance(error, RefusalError | SettingsError) else str(error)
                return self._tell(request, status, key, told)
        return await self.bug(request, error)

    async def http(self, request: Request, error: Exception) -> Response:
        """No such page, a method that is not there, a body that is too large."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        return self._tell(request, status, "error_none" if status == 404 else "error_asked", "")

    async def bug(self, request: Request, error: Exception) -> Response:
        """A mistake of ours: the log has it, the reader a sentence."""
        log.error("dashboard_failed", path=request.url.path, error=repr(error))
        return self._tell(request, 500, "error_bug", "")

    def _tell(self, request: Request, status: int, key: str, detail: str) -> Response:
        say = self._pages.texts(request)
        if request.url.path.startswith("/api/"):
            return JSONResponse({"problem": detail or say(key)}, status)
        return self._pages.render(request, "error", status, title=say(key), detail=detail[:2000])
