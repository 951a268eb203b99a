"""Scripts and styles, each under a name with its digest, so that a browser asks once; large ones are packed once.

Plotly comes from its installed package and nowhere else.
"""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

_FOLDER = Path(__file__).parent / "static"
PLOTLY = "plotly.min.js"
_FOREVER = "public, max-age=31536000, immutable"
_WORTH_PACKING = 1000
_MAP_STYLE = re.compile(rb'getElementById\("([0-9a-f]{64})"\)\)\{var \w+=document.createElement\("style"\)')


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent."""

    url: str
    media_type: str
    content: bytes
    packed: bytes


@cache
def own_assets() -> Mapping[str, Asset]:
    """Our own files by name. The modules name each other without digests, so their folder has one digest for all."""
    files = sorted(path for path in _FOLDER.iterdir() if path.suffix in {".css", ".js", ".svg"})
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]
    return {path.name: _asset(path, digest) for path in files}


@cache
def plotly() -> Asset | None:
    """The plotting library for those pages that need it; None where its package is not installed."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "package_data" / PLOTLY
    return _asset(path, hashlib.sha256(path.read_bytes()).hexdigest()[:12]) if path.exists() else None


@cache
def map_style_id() -> str:
    """The id of a style element for maps that Plotly adds in line, unless an element has it; empty where it adds none.

    The pages have no maps and allow no styles in line, so they give the id to an empty element.
    """
    library = plotly()
    found = _MAP_STYLE.search(library.content) if library else None
    return found[1].decode() if found else ""


def _asset(path: Path, digest: str) -> Asset:
    content = path.read_bytes()
    kind = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0] or "text/plain"
    packed = gzip.compress(content, 9, mtime=0) if len(content) > _WORTH_PACKING else b""
    return Asset(f"/static/{digest}/{path.name}", kind, content, packed)


def asset_url(name: str) -> str:
    """Where a page finds one of our own files. Raises KeyError for one that is not there."""
    return own_assets()[name].url


def send_asset(request: Request) -> Response:
    """A file, packed for those who take it packed; called in a thread, as packing the large one takes a moment."""
    name = request.path_params["name"]
    asset = plotly() if name == PLOTLY else own_assets().get(name)
    if asset is None:
        return PlainTextResponse("no such file\n", 404)
    headers = {"vary": "accept-encoding"}
    if asset.url == request.url.path:
        headers["cache-control"] = _FOREVER
    if asset.packed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.packed, media_type=asset.media_type, headers=headers | {"content-encoding": "gzip"})
    return Response(asset.content, media_type=asset.media_type, headers=headers)
