"""The association's web application put together: pages behind log-in and guard, the upload beside them. No logic."""

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, ExceptionHandler, Receive, Scope, Send

from agent.association.inbox.office import Office
from agent.association.web.pages import ASSETS, Pages, WrongForm
from agent.association.web.upload import PATH, Upload
from agent.association.web.views import Views
from agent.settings.mistakes import SettingsError
from agent.storage.refusal import StorageError
from agent.web.auth import Gatekeeper
from agent.web.forms import ExpiredForm
from agent.web.log_in import LogIn
from agent.web.security import Guard

_LARGEST_FORM = 64 * 1024


class Front:
    """Uploads to their own place, everything else to the pages. The guard wants log-ins, which uploads have none of."""

    def __init__(self, pages: ASGIApp, upload: Upload) -> None:
        self._pages = pages
        self._upload = upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http" and scope["path"] == PATH:
            answer = await self._upload.answer(Request(scope, receive))
            answer.headers["x-content-type-options"] = "nosniff"
            answer.headers["cache-control"] = "no-store"
            await answer(scope, receive, send)
        else:
            await self._pages(scope, receive, send)


def build_app(office: Office, gatekeeper: Gatekeeper, upload: Upload) -> ASGIApp:
    """Pages and upload of an office as an ASGI application."""
    pages = Pages(office.service)
    views, log_in = Views(office, pages), LogIn(gatekeeper, pages)
    expected = (StorageError, SettingsError, ValueError)
    handlers: Mapping[object, ExceptionHandler] = {
        **dict.fromkeys(expected, pages.expected),
        WrongForm: pages.wrong_form,
        ExpiredForm: pages.expired_form,
        HTTPException: pages.http,
        Exception: pages.bug,
    }
    app = Starlette(
        routes=[
            Route("/", views.inbox),
            Route("/status", views.status),
            Route("/questions", views.questions),
            Route("/site", views.site),
            Route("/form", views.form),
            Route("/answer", views.answer, methods=["POST"]),
            Route("/settle", views.settle, methods=["POST"]),
            Route("/login", log_in.log_in, methods=["GET", "POST"]),
            Route("/logout", log_in.log_out, methods=["POST"]),
            Route("/preferences", views.preferences),
            Route("/static/{digest}/{name}", ASSETS.send),
        ],
        middleware=[Middleware(Guard, gatekeeper=gatekeeper)],
        exception_handlers=handlers,
        max_body_size=_LARGEST_FORM,
    )
    return Front(app, upload)
