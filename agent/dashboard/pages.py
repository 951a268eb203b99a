"""Puts pages together: language, appearance, navigation, templates. Knows no figure."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from agent.dashboard.assets import asset_url
from agent.dashboard.auth import Gatekeeper, Session
from agent.dashboard.setup import Setup
from agent.dashboard.texts import DashboardTexts
from agent.reports.table import superscript
from agent.texts import LANGUAGES

LANGUAGE_COOKIE, THEME_COOKIE = "atsuen_language", "atsuen_theme"
THEMES = ("auto", "light", "dark")

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One view in the navigation."""

    path: str
    label: str


NAVIGATION = (
    NavigationItem("/", "view_now"),
    NavigationItem("/demand", "view_demand"),
    NavigationItem("/flows", "view_flows"),
    NavigationItem("/trends", "view_trends"),
    NavigationItem("/year", "view_year"),
    NavigationItem("/data", "view_data"),
    NavigationItem("/devices", "view_devices"),
    NavigationItem("/alerts", "view_alerts"),
    NavigationItem("/corrections", "view_corrections"),
)
"""The views in the order in which they stand; a further view adds its line here and its route in `app`."""


class Pages:
    """Renders templates for a request."""

    def __init__(self, setup: Setup, gatekeeper: Gatekeeper) -> None:
        self._setup = setup
        self._gatekeeper = gatekeeper

    def texts(self, request: Request) -> DashboardTexts:
        """The reader's language: what they chose, what their browser asks for, or the site's."""
        chosen = request.cookies.get(LANGUAGE_COOKIE, "")
        if chosen in LANGUAGES:
            return DashboardTexts(chosen)
        wanted = request.headers.get("accept-language", "")[:200].lower()
        first = next((part.strip()[:2] for part in wanted.split(",") if part.strip()[:2] in LANGUAGES), "")
        return DashboardTexts(first or self._setup.table.language)

    def render(self, request: Request, name: str, status: int = 200, **values: object) -> HTMLResponse:
        """A page of a template."""
        say, table = self.texts(request), self._setup.site.file.site
        theme = request.cookies.get(THEME_COOKIE, "")
        names = {"ja": table.name_ja, "en": table.name_en}
        common: Mapping[str, object] = {
            "say": say,
            "theme": theme if theme in THEMES else "auto",
            "themes": THEMES,
            "languages": LANGUAGES,
            "site_name": names[say.language] or table.id,
            "navigation": NAVIGATION,
            "path": request.url.path,
            "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            "session": session_of(request),
            "can_log_in": self._gatekeeper.can_log_in,
            "asset_url": asset_url,
            "superscript": superscript,
            "query": urlencode,
        }
        text = _TEMPLATES.get_template(f"{name}.html.j2").render(**common, **values)
        return HTMLResponse(text, status)


def session_of(request: Request) -> Session | None:
    """Who asks, as the guard has noted it."""
    session = getattr(request.state, "session", None)
    return session if isinstance(session, Session) else None
