"""Puts pages together: language, appearance, navigation, templates. Knows no figure."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from agent.dashboard.assets import ASSETS
from agent.dashboard.auth import may_correct
from agent.dashboard.setup import Setup
from agent.dashboard.texts import DashboardTexts
from agent.reports.table import superscript
from agent.texts import LANGUAGES
from agent.web.auth import Gatekeeper
from agent.web.forms import session_of
from agent.web.preferences import language_of

THEME_COOKIE = "atsuen_theme"
THEMES = ("auto", "light", "dark")

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals["superscript"] = superscript
"""A macro that a template imports sees what is global, and nothing that a page is rendered with."""


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
        return DashboardTexts(language_of(request, self._setup.table.language))

    def tell(self, request: Request, key: str, **values: object) -> str:
        """A text in the reader's language."""
        return self.texts(request)(key, **values)

    def render(self, request: Request, name: str, status: int = 200, **values: object) -> HTMLResponse:
        """A page of a template."""
        say, table = self.texts(request), self._setup.site.file.site
        theme, session = request.cookies.get(THEME_COOKIE, ""), session_of(request)
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
            "session": session,
            "may_correct": may_correct(session),
            "can_log_in": self._gatekeeper.can_log_in,
            "asset_url": ASSETS.url,
            "query": urlencode,
        }
        text = _TEMPLATES.get_template(f"{name}.html.j2").render(**common, **values)
        return HTMLResponse(text, status)
