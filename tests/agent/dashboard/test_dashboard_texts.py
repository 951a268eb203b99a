"""Both languages have every word, with the same values to fill in; files and functions keep to their sizes."""

import re
from pathlib import Path

from agent.dashboard.assets import ASSETS, plotly
from agent.dashboard.texts import DASHBOARD_TEXTS, DashboardTexts

FOLDER = Path(__file__).parents[3] / "agent" / "dashboard"


def test_both_languages_fill_in_the_same_values() -> None:
    for key, (english, japanese) in DASHBOARD_TEXTS.items():
        assert english, key
        assert japanese, key
        assert set(re.findall(r"\{(\w+)", english)) == set(re.findall(r"\{(\w+)", japanese)), key


def test_every_word_that_a_template_says_is_there() -> None:

    said = set()
    for template in (FOLDER / "templates").iterdir():
        said |= set(re.findall(r"say\('([a-z0-9_]+)'[,)]", template.read_text(encoding="utf-8")))
    names = ("year", "time", "age", "page", "pages", "count", "from", "to", "number", "minutes", "by", "asked")
    values = dict.fromkeys(names, "1")
    for key in said:
        assert DashboardTexts("ja")(key, **values), key
    assert len(said) > 60


def test_the_page_is_light_and_plotly_is_packed() -> None:
    """What the first page fetches stays below 20 kB packed; Plotly is fetched by pages that draw with it alone."""
    wanted = ("pages.css", "now.js", "charts.js", "icon.svg")
    weight = sum(len(ASSETS.files[name].packed or ASSETS.files[name].content) for name in wanted)
    assert weight < 20_000
    library = plotly()
    assert library is not None
    assert len(library.packed) < 1_600_000
