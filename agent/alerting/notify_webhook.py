"""Alerts to a webhook: JSON by POST over HTTPS, in a thread. The address may be a secret and is never shown."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import urllib3
import urllib3.exceptions

from agent.alerting.channel import NotDelivered
from agent.alerting.notice import Wording
from agent.alerting.records import event_record
from agent.alerting.store import StoredEvent
from agent.settings.notify_tables import WebhookTable


class WebhookChannel:
    """Sends each event as a request of its own. Redirects are not followed: they would take the token elsewhere."""

    name = "webhook"
    most = 1

    def __init__(self, table: WebhookTable, folder: Path, wording: Wording) -> None:
        self._url = table.url.get_secret_value().strip()
        self._token = None if table.token is None else table.token.get_secret_value().strip()
        self._ca_file = None if table.ca_file is None else str(folder / table.ca_file)
        self._timeout_s = table.timeout_s
        self._wording = wording
        self._host = urlsplit(self._url).hostname or ""

    async def send(self, events: Sequence[StoredEvent]) -> None:
        """Post events. Raises NotDelivered; a thread that hangs ends with the time-out."""
        bodies = [json.dumps(event_record(self._wording, each), ensure_ascii=False, allow_nan=False) for each in events]
        await asyncio.to_thread(self._post, [body.encode() for body in bodies])

    def _post(self, bodies: Sequence[bytes]) -> None:
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "atsuen"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        timeout = urllib3.Timeout(connect=min(10.0, self._timeout_s), read=self._timeout_s)
        try:
            with urllib3.PoolManager(
                cert_reqs="CERT_REQUIRED", ca_certs=self._ca_file, retries=False, timeout=timeout
            ) as pool:
                for body in bodies:
                    answer = pool.request(
                        "POST", self._url, body=body, headers=headers, redirect=False, preload_content=False
                    )
                    answer.close()  # what it says beside its status may never end
                    if not 200 <= answer.status < 300:
                        raise NotDelivered(f"webhook at {self._host}: answers {answer.status} {answer.reason or ''}")
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise NotDelivered(f"webhook at {self._host}: {_cause(error)}") from None


def _cause(error: Exception) -> str:
    """Why nothing arrived. The library's own words may have the address in them, and are not used."""
    match error:
        case urllib3.exceptions.SSLError():
            return "its certificate does not hold, or it speaks no TLS; check ca_file"
        case urllib3.exceptions.NameResolutionError():
            return "its name is not known"
        case urllib3.exceptions.NewConnectionError():
            return "no connection"
        case urllib3.exceptions.ConnectTimeoutError():
            return "no connection in time"
        case urllib3.exceptions.ReadTimeoutError():
            return "no answer in time"
    return type(error).__name__
