"""The dashboard's own scripts, and Plotly, which comes from its installed package and nowhere else."""

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from agent.web.assets import SHARED, Asset, Assets, read_asset
from agent.web.security import POLICY

PLOTLY = "plotly.min.js"
_EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
PLOTLY_POLICY = POLICY.replace("style-src 'self'", f"style-src 'self' {_EMPTY_STYLE}")
"""For pages with Plotly, which adds an empty style element and fills it by script: nothing else in line is let in."""
_MAP_STYLE = re.compile(rb'getElementById\("([0-9a-f]{64})"\)\)\{var \w+=document.createElement\("style"\)')


@cache
def plotly() -> Asset | None:
    """The plotting library for those pages that need it; None where its package is not installed."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "package_data" / PLOTLY
    return read_asset(path) if path.exists() else None


@cache
def map_style_id() -> str:
    """The id of a style element for maps that Plotly adds in line, unless an element has it; empty where it adds none.

    The pages have no maps and allow no styles in line, so they give the id to an empty element.
    """
    library = plotly()
    found = _MAP_STYLE.search(library.content) if library else None
    return found[1].decode() if found else ""


ASSETS = Assets(SHARED, Path(__file__).parent / "static", further={PLOTLY: plotly})
