"""Forms as they are sent: their texts, and whether one of our own pages sent them."""

import hmac

from starlette.datastructures import FormData
from starlette.requests import Request

from agent.web.auth import Session


class ExpiredForm(Exception):  # noqa: N818 - says what is the matter
    """The form is of nobody who is logged in, or of an old page."""


def session_of(request: Request) -> Session | None:
    """Who asks, as the guard has noted it."""
    session = getattr(request.state, "session", None)
    return session if isinstance(session, Session) else None


async def own_form(request: Request, most_fields: int = 30) -> tuple[FormData, Session]:
    """A form with the token of the session that sends it. Raises ExpiredForm."""
    form, session = await request.form(max_files=0, max_fields=most_fields), session_of(request)
    if session is None or not hmac.compare_digest(text_of(form, "csrf").encode(), session.csrf.encode()):
        raise ExpiredForm
    return form, session


def text_of(form: FormData, name: str) -> str:
    """A field; empty where it was not sent."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
