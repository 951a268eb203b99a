"""The pages to log in and out, for every program. How they look is for the program's templates."""

from typing import Protocol

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from agent.web.auth import LONGEST_SESSION_S, Gatekeeper, TooManyTries
from agent.web.forms import ExpiredForm, own_form, text_of
from agent.web.security import local_path


class LogInPages(Protocol):
    """A program's pages. Its texts have `wrong_password`, `too_many_tries` and `people_mistake`."""

    def tell(self, request: Request, key: str, **values: object) -> str:
        """A text in the reader's language."""
        ...

    def render(self, request: Request, name: str, status: int = 200, **values: object) -> Response:
        """A page of a template."""
        ...


class LogIn:
    """Logs people in and out."""

    def __init__(self, gatekeeper: Gatekeeper, pages: LogInPages) -> None:
        self._gatekeeper = gatekeeper
        self._pages = pages

    async def log_in(self, request: Request) -> Response:
        """The form, or a try."""
        problem = self._pages.tell(request, "people_mistake") if self._gatekeeper.problem else ""
        if request.method != "POST":
            return self._form(request, 200, request.query_params.get("next", "/"), problem)
        form = await request.form(max_files=0, max_fields=10)
        wanted, address = text_of(form, "next"), request.client.host if request.client else ""
        try:
            token = await self._gatekeeper.log_in(text_of(form, "name"), text_of(form, "password"), address)
        except TooManyTries as error:
            told = self._pages.tell(request, "too_many_tries", wait=f"{error.wait_s:.0f}")
            return self._form(request, 429, wanted, told)
        if token is None:
            return self._form(request, 403, wanted, problem or self._pages.tell(request, "wrong_password"))
        return self._logged_in(wanted, token)

    async def log_out(self, request: Request) -> Response:
        """End the session."""
        cookie = self._gatekeeper.access.cookie
        try:
            await own_form(request)
        except ExpiredForm:
            return PlainTextResponse("this form is too old\n", 403)
        self._gatekeeper.log_out(request.cookies.get(cookie, ""))
        answer = RedirectResponse("/", 303)
        answer.delete_cookie(cookie)
        return answer

    def _form(self, request: Request, status: int, wanted: str, problem: str) -> Response:
        return self._pages.render(request, "login", status, next=local_path(wanted), problem=problem)

    def _logged_in(self, wanted: str, token: str) -> Response:
        access, answer = self._gatekeeper.access, RedirectResponse(local_path(wanted), 303)
        age_s = int(LONGEST_SESSION_S)
        answer.set_cookie(access.cookie, token, age_s, samesite="strict", secure=access.has_tls, httponly=True)
        return answer
