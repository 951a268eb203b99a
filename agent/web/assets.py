"""Scripts and styles, each under a name with its digest, so that a browser asks once; large ones are packed once."""

import gzip
import hashlib
import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

SHARED = Path(__file__).parent / "static"
"""The look that all programs have."""
_SUFFIXES = frozenset({".css", ".js", ".svg"})
_FOREVER = "public, max-age=31536000, immutable"
_WORTH_PACKING = 1000


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent."""

    url: str
    media_type: str
    content: bytes
    packed: bytes


def read_asset(path: Path, digest: str = "") -> Asset:
    """A file under a digest, or under that of its own content. Raises OSError."""
    content = path.read_bytes()
    kind = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0] or "text/plain"
    packed = gzip.compress(content, 9, mtime=0) if len(content) > _WORTH_PACKING else b""
    return Asset(f"/static/{digest or _digest(content)}/{path.name}", kind, content, packed)


class Assets:
    """The files of some folders. `further` reads one that lies elsewhere, by its name, when it is asked for."""

    def __init__(self, *folders: Path, further: Mapping[str, Callable[[], Asset | None]] | None = None) -> None:
        self._folders = folders
        self._further = further or {}

    @cached_property
    def files(self) -> Mapping[str, Asset]:
        """Our own files by name. Scripts name each other without digests, so all have one digest."""
        paths = sorted(path for folder in self._folders for path in folder.iterdir() if path.suffix in _SUFFIXES)
        digest = _digest(b"".join(path.read_bytes() for path in paths))
        return {path.name: read_asset(path, digest) for path in paths}

    def url(self, name: str) -> str:
        """Where a page finds one of our own files. Raises KeyError for one that is not there."""
        return self.files[name].url

    def send(self, request: Request) -> Response:
        """A file, packed for those who take it packed; called in a thread, as packing a large one takes a moment."""
        name = request.path_params["name"]
        asset = self._further[name]() if name in self._further else self.files.get(name)
        if asset is None:
            return PlainTextResponse("no such file\n", 404)
        headers = {"vary": "accept-encoding"}
        if asset.url == request.url.path:
            headers["cache-control"] = _FOREVER
        if asset.packed and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(asset.packed, media_type=asset.media_type, headers=headers | {"content-encoding": "gzip"})
        return Response(asset.content, media_type=asset.media_type, headers=headers)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
