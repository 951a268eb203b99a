"""What readers choose for themselves, kept in cookies: above all their language."""

from collections.abc import Collection, Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent.texts import LANGUAGES
from agent.web.security import local_path

LANGUAGE, LANGUAGE_COOKIE = "language", "atsuen_language"
_YEAR_S = 365 * 86_400


def language_of(request: Request, default: str) -> str:
    """The reader's language: what they chose, what their browser asks for, or the default."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    wanted = request.headers.get("accept-language", "")[:200].lower()
    return next((part.strip()[:2] for part in wanted.split(",") if part.strip()[:2] in LANGUAGES), default)


def keep_choices(
    request: Request, *, is_secure: bool, further: Mapping[str, tuple[str, Collection[str]]] | None = None
) -> Response:
    """Keep the language that the query names, and `further` choices: the cookie of each and its known values."""
    answer = RedirectResponse(local_path(request.query_params.get("next", "/")), 303)
    for name, (cookie, known) in {LANGUAGE: (LANGUAGE_COOKIE, LANGUAGES), **(further or {})}.items():
        chosen = request.query_params.get(name, "")
        if chosen in known:
            answer.set_cookie(cookie, chosen, max_age=_YEAR_S, samesite="lax", secure=is_secure, httponly=True)
    return answer
