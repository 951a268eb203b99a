"""What holds for every request before a page sees it: host, origin, size, who asks; and the headers of answers."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.dashboard.auth import Gatekeeper

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
PLOTLY_POLICY = POLICY.replace("style-src 'self'", f"style-src 'self' {_EMPTY_STYLE}")
"""For pages with Plotly, which adds an empty style element and fills it by script: nothing else in line is let in."""

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
_OPEN_TO_ALL = ("/login", "/static/", "/preferences")


class Guard:
    """ASGI middleware around all pages."""

    def __init__(self, app: ASGIApp, gatekeeper: Gatekeeper) -> None:
        self._app = app
        self._gatekeeper = gatekeeper
        table = gatekeeper.table
        self._names = {name.lower() for name in table.names} | _LOCAL_NAMES | {table.host.lower()}
        self._asks_for_names = table.is_loopback or bool(table.names)

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
                if self._gatekeeper.table.has_tls:
                    headers["strict-transport-security"] = _HSTS
            await send(message)

        answer = self._refusal(HTTPConnection(scope)) or self._ask_who(scope)
        await (answer or self._app)(scope, receive, send_with_headers)

    def _refusal(self, connection: HTTPConnection) -> Response | None:
        headers, method = connection.headers, connection.scope["method"]
        if self._asks_for_names and _name_of(headers.get("host", "")) not in self._names:
            return PlainTextResponse("unknown host: add it to [dashboard] names\n", HTTPStatus.MISDIRECTED_REQUEST)
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
        if session is not None or self._gatekeeper.reading_is_free or path.startswith(_OPEN_TO_ALL):
            return None
        if path.startswith("/api/"):
            return JSONResponse({"problem": "log in first"}, HTTPStatus.UNAUTHORIZED)
        if not self._gatekeeper.can_log_in:
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
