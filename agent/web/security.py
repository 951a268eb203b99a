"""What holds for every request before a page sees it: host, origin, size, who asks; and the headers of answers."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.web.auth import Gatekeeper

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS: Mapping[str, str] = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_HSTS = "max-age=31536000"
_LOCAL_NAMES = {"localhost", "127.0.0.1", "[::1]", "::1"}
_SAFE = {"GET", "HEAD", "OPTIONS"}
_MOST_QUERY = 4096
_LOOK_S = 5.0
_OPEN_TO_ALL = ("/login", "/static/", "/preferences")


class Guard:
    """ASGI middleware around all pages."""

    def __init__(self, app: ASGIApp, gatekeeper: Gatekeeper, look_s: float = _LOOK_S) -> None:
        self._app = app
        self._gatekeeper = gatekeeper
        self._look_s = look_s
        access = gatekeeper.access
        self._names = {name.lower() for name in access.names} | _LOCAL_NAMES | {access.host.lower()}
        self._asks_for_names = access.is_loopback or bool(access.names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what may not pass, let the rest through, and give every answer its headers."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
                if self._gatekeeper.access.has_tls:
                    headers["strict-transport-security"] = _HSTS
            await send(message)

        answer = self._refusal(HTTPConnection(scope)) or self._ask_who(scope)
        if answer is not None:
            await answer(scope, receive, send_with_headers)
        elif scope["state"]["session"] is None or self._gatekeeper.access.reading_is_free:
            await self._app(scope, receive, send_with_headers)
        else:
            await self._app(scope, self._until_out(scope, receive), send_with_headers)

    def _until_out(self, scope: Scope, receive: Receive) -> Receive:
        """What the client sends, and that it is gone once its session has ended: answers that stream end with it."""
        connection = HTTPConnection(scope)

        async def receive_or_end() -> Message:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._look_s):
                        return await receive()
                if not self._gatekeeper.is_still_in(connection):
                    return {"type": "http.disconnect"}

        return receive_or_end

    def _refusal(self, connection: HTTPConnection) -> Response | None:
        headers, method = connection.headers, connection.scope["method"]
        if self._asks_for_names and _name_of(headers.get("host", "")) not in self._names:
            return PlainTextResponse("unknown host: add it to the settings' names\n", HTTPStatus.MISDIRECTED_REQUEST)
        if len(connection.scope["query_string"]) > _MOST_QUERY:
            return PlainTextResponse("the query is too long\n", HTTPStatus.REQUEST_URI_TOO_LONG)
        if method not in _SAFE and not _is_of_this_origin(headers):
            return PlainTextResponse("this form is not of this site\n", HTTPStatus.FORBIDDEN)
        return None

    def _ask_who(self, scope: Scope) -> Response | None:
        """Note who asks; an answer for those who have to log in first."""
        connection = HTTPConnection(scope)
        session = self._gatekeeper.who(connection)
        scope.setdefault("state", {})["session"] = session
        path: str = scope["path"]
        if session is not None or self._gatekeeper.access.reading_is_free or path.startswith(_OPEN_TO_ALL):
            return None
        if path.startswith("/api/"):
            return JSONResponse({"problem": "log in first"}, HTTPStatus.UNAUTHORIZED)
        if self._gatekeeper.access.proxy_header is not None and not self._gatekeeper.can_log_in:
            return PlainTextResponse("come through the reverse proxy\n", HTTPStatus.FORBIDDEN)
        return RedirectResponse(f"/login?next={quote(path)}", HTTPStatus.SEE_OTHER)


def _name_of(host: str) -> str:
    """The host of a Host header without its port."""
    return host.rpartition(":")[0].lower() if not host.endswith("]") and ":" in host else host.lower()


def _is_of_this_origin(headers: Headers) -> bool:
    """Whether a form comes from one of our own pages: browsers say so in Origin, newer ones in Sec-Fetch-Site too."""
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


def local_path(wanted: str) -> str:
    """A path of this site to go on to; the first page for anything else."""
    is_local = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if is_local and len(wanted) < 500 and "\\" not in wanted else "/"
