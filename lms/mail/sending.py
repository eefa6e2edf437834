"""Sending what is owed: over SMTP, or as .eml files where no server is configured. Called by the worker."""

import logging
import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from sqlalchemy import or_, select, update

from lms.db import db
from lms.errors import SettingsError
from lms.mail.models import Message

LOG = logging.getLogger(__name__)

MOST_TRIES = 8
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
LEASE = timedelta(minutes=10)  # longer than one batch can take at TIMEOUT each
TIMEOUT = 20.0  # seconds; a server that hangs must not hold the worker
SMTP_PORT, SMTPS_PORT = 25, 465


class MailError(Exception):
    """It was not sent. `retry`: the same mail may well go through later."""

    def __init__(self, message: str, *, retry: bool) -> None:
        super().__init__(message)
        self.retry = retry


class Transport(Protocol):
    @property
    def sender(self) -> str: ...

    def send(self, message: EmailMessage) -> None:
        """Hand over, or raise MailError."""


@dataclass(frozen=True, slots=True)
class SmtpTransport:
    """One connection a mail: few mails, and no connection to keep alive."""

    sender: str
    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: str = "none"  # none, starttls, implicit
    timeout: float = TIMEOUT

    def send(self, message: EmailMessage) -> None:
        try:
            with self._connection() as server:
                if self.tls == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if self.user is not None:
                    server.login(self.user, self.password or "")
                _hand_over(server, message)
        except smtplib.SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            raise MailError(_words(refused), retry=any(code < 500 for code in codes)) from refused
        except smtplib.SMTPAuthenticationError as refused:
            # Somebody will mend the settings; the mail itself is fine.
            raise MailError(_words(refused), retry=True) from refused
        except smtplib.SMTPResponseException as refused:
            raise MailError(_words(refused), retry=refused.smtp_code < 500) from refused
        except (smtplib.SMTPException, OSError) as failed:
            raise MailError(_words(failed), retry=True) from failed

    def _connection(self) -> smtplib.SMTP:
        if self.tls == "implicit":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=ssl.create_default_context())
        return smtplib.SMTP(self.host, self.port, timeout=self.timeout)


@dataclass(frozen=True, slots=True)
class FolderTransport:
    """Where no mail server is set: each mail becomes a file that any mail program opens."""

    sender: str
    folder: Path

    def send(self, message: EmailMessage) -> None:
        path = self.folder / f"{message['X-Fieldwork-Id']}.eml"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(message.as_bytes())
        except OSError as failed:
            raise MailError(_words(failed), retry=True) from failed
        LOG.debug("wrote the mail to %s", path)


def transport_from(mail_url: str | None, instance: Path, sender: str) -> Transport:
    """Read `smtp://user:password@host:port?starttls=true` or `smtps://…`; None: files in `instance/mail`."""
    if mail_url is None:
        folder = instance / "mail"
        LOG.info("MAIL_URL is not set: mail is written to %s instead of being sent.", folder)
        return FolderTransport(sender, folder)
    parts = urlsplit(mail_url)
    try:
        port = parts.port
    except ValueError as wrong:
        raise SettingsError("MAIL_URL has a port that is not a number between 1 and 65535") from wrong
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise SettingsError("MAIL_URL must look like smtp://user:password@host:587?starttls=true or smtps://…")
    starttls = parse_qs(parts.query).get("starttls", ["false"])[-1]
    if starttls not in {"true", "false"}:
        raise SettingsError(f"starttls in MAIL_URL must be 'true' or 'false', not {starttls!r}")
    if parts.scheme == "smtps":
        tls = "implicit"
    else:
        tls = "starttls" if starttls == "true" else "none"
    return SmtpTransport(
        sender=sender,
        host=parts.hostname,
        port=port or (SMTPS_PORT if tls == "implicit" else SMTP_PORT),
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        tls=tls,
    )


def due(at: datetime, limit: int) -> tuple[Message, ...]:
    """Claim what may be sent now, oldest first; the worker commits the claim before it sends.

    A claim is a lease: no lock and no transaction is held while a mail server thinks, a second worker gets
    other mails, and what a killed worker had claimed is due again when the lease ends.
    """
    chosen = (
        select(Message.id)
        .where(Message.state == "owed", or_(Message.retry_at.is_(None), Message.retry_at <= at))
        .order_by(Message.created_at, Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = db.session.scalars(
        update(Message)
        .where(Message.id.in_(chosen.scalar_subquery()))
        .values(retry_at=at + LEASE)
        .returning(Message)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return tuple(sorted(claimed, key=lambda message: (message.created_at, message.id)))


def send_one(message: Message, transport: Transport, at: datetime) -> bool:
    """Send one mail and write down how it went; the worker commits.

    False: it will be tried again, or it is parked. A crash between sending and committing sends the mail a
    second time (with the same Message-ID), never not at all.
    """
    message.attempts += 1
    try:
        transport.send(_envelope_for(message, transport.sender))
    except MailError as failed:
        message.error = str(failed)[:1000]
        if failed.retry and message.attempts < MOST_TRIES:
            message.retry_at = at + min(FIRST_WAIT * 2 ** (message.attempts - 1), LONGEST_WAIT)
        else:
            message.state, message.retry_at = "parked", None
            LOG.warning("mail %s (%s) is parked: %s", message.id, message.kind, message.error)
        return False
    message.state, message.sent_at, message.retry_at, message.error = "sent", at, None, ""
    return True


def envelope(message: Message, sender: str) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = message.subject
    mail["From"] = sender
    mail["To"] = message.to_address
    mail["Date"] = format_datetime(message.created_at)
    # Sent twice after a crash, it is still one mail to the reader's program.
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    mail["Message-ID"] = f"<{message.id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Fieldwork-Id"] = str(message.id)
    mail.set_content(message.text)
    return mail


def _hand_over(server: smtplib.SMTP, message: EmailMessage) -> None:
    try:
        server.send_message(message)
    except smtplib.SMTPNotSupportedError as impossible:  # an address with letters this server does not take
        raise MailError(_words(impossible), retry=False) from impossible


def _envelope_for(message: Message, sender: str) -> EmailMessage:
    try:
        return envelope(message, sender)
    except ValueError as impossible:  # an address with a line break, half a character …: it stays impossible
        raise MailError(_words(impossible), retry=False) from impossible


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
