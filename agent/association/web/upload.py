"""Takes one file by POST and tells its sender what became of it. Reads no more than a submission can have."""

import asyncio
import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from agent.association.inbox.database import StoreAway
from agent.association.inbox.parcel import Channel, Outcome, Parcel, Receipt
from agent.association.inbox.service_file import UploadTable
from agent.submission.sign import MAX_FILE_BYTES
from agent.texts import LANGUAGES
from agent.web.auth import network_of

log = structlog.get_logger(__name__)

PATH = "/submissions"
BODY_S = 60.0
"""How long a body may take."""
_AT_ONCE = 4
_MOST_ADDRESSES = 10_000
_LATER_S = 30
_STATUS = {
    Outcome.ACCEPTED: HTTPStatus.CREATED,
    Outcome.KNOWN: HTTPStatus.OK,
    Outcome.HELD: HTTPStatus.UNPROCESSABLE_ENTITY,
}

Take = Callable[[Parcel], Awaitable[Receipt]]

_WORDS = {
    "post": (
        "Send one signed submission (.jws) as the body of a POST.",
        "署名付き提出書(.jws)1件を POST の本文として送信してください。",
    ),
    "too_large": (
        "The file is larger than any submission ({limit} bytes). Send the .jws file as it was written.",
        "ファイルが提出書の上限({limit} バイト)を超えています。作成された .jws ファイルをそのまま送信してください。",
    ),
    "too_often": (
        "Too many files from this address. Send it again in {wait} s; what was accepted stays accepted.",
        "送信回数が多すぎます。{wait} 秒後に再送してください。受領済みのものはそのまま有効です。",
    ),
    "busy": (
        "The service is busy or its database is away. Nothing was taken; send the file again in {wait} s.",
        "混雑しているか、データベースが停止しています。受領していません。{wait} 秒後に再送してください。",
    ),
    "too_slow": (
        "The file did not arrive in time. Nothing was taken; send it again.",
        "時間内に受信できませんでした。受領していません。再送してください。",
    ),
    "empty": ("The body is empty. Send the .jws file.", "本文が空です。.jws ファイルを送信してください。"),
}


@dataclass(slots=True)
class _Bucket:
    """How many files an address may still send, as of a moment."""

    tokens: float
    at_s: float


class RateLimit:
    """So many files a minute for each address, and so many at once. Forgets the addresses that it saw longest ago."""

    def __init__(self, table: UploadTable, steady_s: Callable[[], float]) -> None:
        self._rate_per_s = table.per_minute / 60
        self._burst = float(table.burst)
        self._steady_s = steady_s
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait_s(self, address: str) -> int:
        """0 when the address may send now, and counts that; else after how many seconds."""
        now_s, key = self._steady_s(), network_of(address)
        bucket = self._buckets.setdefault(key, _Bucket(self._burst, now_s))
        self._buckets.move_to_end(key)
        if len(self._buckets) > _MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        bucket.tokens = min(self._burst, bucket.tokens + (now_s - bucket.at_s) * self._rate_per_s)
        bucket.at_s = now_s
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0
        return math.ceil((1 - bucket.tokens) / self._rate_per_s)


class Upload:
    """Answers requests for the upload's path. No log-in: the signature says who sends."""

    def __init__(self, table: UploadTable, steady_s: Callable[[], float], take: Take) -> None:
        self._limit = RateLimit(table, steady_s)
        self._take = take
        self._bodies = asyncio.Semaphore(_AT_ONCE)

    async def answer(self, request: Request) -> Response:
        """What became of the file."""
        address = request.client.host if request.client else ""
        refusal = self._refusal(request, address)
        if refusal is not None:
            return refusal
        async with self._bodies:
            try:
                async with asyncio.timeout(BODY_S):
                    body = await _read(request)
            except TimeoutError:
                return _tell(request, HTTPStatus.REQUEST_TIMEOUT, "too_slow")
            except ClientDisconnect:
                return Response(status_code=HTTPStatus.BAD_REQUEST)
            if body is None:
                log.warning("upload_too_large", address=address)
                return _tell(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", limit=f"{MAX_FILE_BYTES:,}")
            return await self._taken(request, Parcel(body, len(body), Channel.HTTPS, address))

    def _refusal(self, request: Request, address: str) -> Response | None:
        """An answer to whoever may not send now."""
        if request.method != "POST":
            return _tell(request, HTTPStatus.METHOD_NOT_ALLOWED, "post", allow="POST")
        wait_s = self._limit.wait_s(address)
        if wait_s:
            return _later(request, HTTPStatus.TOO_MANY_REQUESTS, "too_often", wait_s)
        if self._bodies.locked():
            return _later(request, HTTPStatus.SERVICE_UNAVAILABLE, "busy", 1)
        return None

    async def _taken(self, request: Request, parcel: Parcel) -> Response:
        if not parcel.data:
            return _tell(request, HTTPStatus.BAD_REQUEST, "empty")
        try:
            receipt = await self._take(parcel)
        except StoreAway as error:
            log.error("store_away", problem=str(error))
            return _later(request, HTTPStatus.SERVICE_UNAVAILABLE, "busy", _LATER_S)
        log.info("upload", address=parcel.origin, outcome=receipt.outcome.value, identity=str(receipt.identity or ""))
        text = "\n\n".join(receipt.text(language) for language in _languages(request))
        return PlainTextResponse(text + "\n", _STATUS[receipt.outcome])


async def _read(request: Request) -> bytes | None:
    """The body; None as soon as it is too large."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > MAX_FILE_BYTES:
        return None
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_FILE_BYTES:
            return None
    return bytes(body)


def _languages(request: Request) -> tuple[str, ...]:
    """The sender's language where it names one, else both."""
    wanted = request.headers.get("accept-language", "")[:200].lower()
    named = [part.strip()[:2] for part in wanted.split(",")]
    return next(((name,) for name in named if name in LANGUAGES), ("ja", "en"))


def _tell(request: Request, status: HTTPStatus, key: str, *, allow: str = "", **values: object) -> Response:
    text = "\n".join(_WORDS[key][LANGUAGES.index(language)].format(**values) for language in _languages(request))
    return PlainTextResponse(text + "\n", status, {"allow": allow} if allow else {"connection": "close"})


def _later(request: Request, status: HTTPStatus, key: str, wait_s: int) -> Response:
    answer = _tell(request, status, key, wait=wait_s)
    answer.headers["retry-after"] = str(wait_s)
    return answer
