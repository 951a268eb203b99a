"""Alerts by e-mail, as plain text. The one file that speaks SMTP; it does so in a thread."""

import asyncio
import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path

from agent.alerting.channel import NotDelivered
from agent.alerting.notice import Wording
from agent.alerting.store import StoredEvent
from agent.settings.notify_tables import EmailTable


class EmailChannel:
    """Sends to all recipients at once; several events that wait go into one message."""

    name = "email"
    most = 20

    def __init__(self, table: EmailTable, folder: Path, wording: Wording) -> None:
        self._table = table
        self._ca_file = None if table.ca_file is None else str(folder / table.ca_file)
        self._wording = wording

    async def send(self, events: Sequence[StoredEvent]) -> None:
        """Hand a message to the mail server. Raises NotDelivered; a thread that hangs ends with the time-out."""
        message = write_message(self._table, self._wording, events)
        await asyncio.to_thread(self._send, message)

    def _send(self, message: EmailMessage) -> None:
        table = self._table
        try:
            with self._connect() as server:
                if table.security == "starttls":
                    server.starttls(context=ssl.create_default_context(cafile=self._ca_file))
                if table.username is not None and table.password is not None:
                    server.login(table.username, table.password.get_secret_value())
                refused = server.send_message(message)
        except smtplib.SMTPAuthenticationError as error:
            raise NotDelivered(f"{self._server}: user or password is refused ({error.smtp_code})") from None
        except smtplib.SMTPResponseException as error:
            answer = (
                error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
            )
            raise NotDelivered(f"{self._server}: answers {error.smtp_code} {answer}") from None
        except smtplib.SMTPRecipientsRefused as error:
            raise NotDelivered(f"{self._server}: refuses {', '.join(error.recipients)}") from None
        except ssl.SSLError as error:
            raise NotDelivered(f"{self._server}: no trusted TLS: {error.reason}; check ca_file and security") from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise NotDelivered(f"{self._server}: {error}") from None
        if refused:
            raise NotDelivered(f"{self._server}: refuses {', '.join(refused)}")

    @property
    def _server(self) -> str:
        return f"mail server {self._table.host}:{self._table.usual_port}"

    def _connect(self) -> smtplib.SMTP:
        table = self._table
        if table.security == "tls":
            context = ssl.create_default_context(cafile=self._ca_file)
            return smtplib.SMTP_SSL(table.host, table.usual_port, timeout=table.timeout_s, context=context)
        return smtplib.SMTP(table.host, table.usual_port, timeout=table.timeout_s)


def write_message(table: EmailTable, wording: Wording, events: Sequence[StoredEvent]) -> EmailMessage:
    """The message of some events, oldest first. The same events have the same Message-ID: a repeat is recognised."""
    texts, newest = wording.texts, events[-1]
    message = EmailMessage()
    if len(events) == 1:
        what, name = wording.what(newest.event.kind), wording.name(newest.event.rule)
        message["Subject"] = texts("alert_mail_subject", site=wording.site_name, what=what, name=name)
    else:
        message["Subject"] = texts("alert_mail_subject_many", site=wording.site_name, count=len(events))
    message["From"] = table.sender
    message["To"] = ", ".join(table.recipients)
    message["Date"] = formatdate()
    numbers = f"{events[0].id}-{newest.id}.{newest.event.time_utc_s}"
    message["Message-ID"] = f"<atsuen.{wording.site_id}.{numbers}@{table.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join(_paragraph(wording, each) for each in events) + "\n", cte="base64")
    return message


def _paragraph(wording: Wording, stored: StoredEvent) -> str:
    event, texts = stored.event, wording.texts
    lines = [
        wording.happened(event),
        f"{texts('alert_at')}: {wording.local(event.time_utc_s)}",
        f"{texts('alert_since')}: {wording.local(event.since_utc_s)}",
        wording.cost_line(event.alert, event.cost, event.unmeasured),
    ]
    return "\n".join(lines)
