"""Sending against a real SMTP server on this machine: delivered, deferred, refused, hanging, killed half-way."""

import email
import socket
from datetime import UTC, datetime, timedelta
from email.policy import default
from types import SimpleNamespace

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from lms.errors import SettingsError
from lms.mail import sending, service
from lms.mail.models import Message
from lms.mail.sending import FolderTransport, SmtpTransport, transport_from

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
SENDER = "Fieldwork <fieldwork@example.com>"


class Postbox:
    """Keeps what it is handed, or answers as told."""

    def __init__(self):
        self.mails = []
        self.rcpt_answer = None
        self.data_answer = "250 kept"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.rcpt_answer:
            return self.rcpt_answer
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):
        if self.data_answer.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        return self.data_answer


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(postbox, **options):
    controller = Controller(postbox, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    return controller


@pytest.fixture
def post():
    """A running server and a transport to it."""
    postbox = Postbox()
    controller = serve(postbox)
    yield SimpleNamespace(box=postbox, transport=SmtpTransport(SENDER, "127.0.0.1", controller.port, timeout=5))
    controller.stop()


def owe(to="rosa@example.com", *, subject="Your worksheet – approved", text="Grüße\n\nhttps://x.example/a?b=1&c=2\n"):
    return service.owe(to, user_id=None, kind="test", subject=subject, text=text, at=AT)


def send_all(session, transport, at):
    """What the worker does: claim, commit, send one, commit."""
    claimed = sending.due(at, 10)
    session.commit()
    sent = []
    for message in claimed:
        sent.append(sending.send_one(message, transport, at))
        session.commit()
    return sent


def test_delivered_whole(session, post):
    message = owe()
    assert send_all(session, post.transport, AT) == [True]
    (mail,) = post.box.mails
    assert (mail["Subject"], mail["From"], mail["To"]) == ("Your worksheet – approved", SENDER, "rosa@example.com")
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().splitlines() == ["Grüße", "", "https://x.example/a?b=1&c=2"]
    assert mail["Message-ID"] == f"<{message.id}@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert (message.state, message.sent_at, message.error) == ("sent", AT, "")
    assert send_all(session, post.transport, AT + timedelta(days=1)) == []


def test_deferred_is_tried_again_later_and_later(session, post):
    message = owe()
    post.box.data_answer = "451 try again"
    assert send_all(session, post.transport, AT) == [False]
    assert (message.state, message.attempts, message.retry_at) == ("owed", 1, AT + timedelta(minutes=1))
    assert "451" in message.error
    assert send_all(session, post.transport, AT + timedelta(seconds=59)) == []
    later = AT + timedelta(minutes=1)
    assert send_all(session, post.transport, later) == [False]
    assert message.retry_at == later + timedelta(minutes=2)
    post.box.data_answer = "250 kept"
    assert send_all(session, post.transport, later + timedelta(minutes=2)) == [True]
    assert len(post.box.mails) == 1


def test_parked_after_the_last_try(session, post):
    message = owe()
    post.box.rcpt_answer = "450 busy"
    at = AT
    for _ in range(sending.MOST_TRIES):
        assert send_all(session, post.transport, at) == [False]
        at = message.retry_at or at
    assert (message.state, message.attempts) == ("parked", sending.MOST_TRIES)
    assert send_all(session, post.transport, at + timedelta(days=9)) == []
    again = service.parked(message.id)
    service.owe_again(again, to_address="rosa.diaz@example.com")
    assert service.parked(message.id) is None
    session.commit()
    post.box.rcpt_answer = None
    assert send_all(session, post.transport, at) == [True]


@pytest.mark.parametrize(("rcpt", "data"), [("550 no such mailbox", "250 kept"), (None, "554 spam")])
def test_refused_for_good_is_parked_at_once(session, post, rcpt, data):
    message = owe()
    post.box.rcpt_answer, post.box.data_answer = rcpt, data
    assert send_all(session, post.transport, AT) == [False]
    assert message.state == "parked"
    assert message.error


def test_one_refused_mail_does_not_hold_up_the_others(session, post):
    class Picky(Postbox):
        async def handle_RCPT(self, server, session, envelope, address, options):
            self.rcpt_answer = "550 unknown" if address.startswith("gone") else None
            return await super().handle_RCPT(server, session, envelope, address, options)

    box = Picky()
    controller = serve(box)
    owe("gone@example.com")
    owe("rosa@example.com")
    sent = send_all(session, SmtpTransport(SENDER, "127.0.0.1", controller.port), AT)
    controller.stop()
    assert sorted(sent) == [False, True]
    assert [mail["To"] for mail in box.mails] == ["rosa@example.com"]


def test_no_server_is_tried_again(session):
    message = owe()
    assert send_all(session, SmtpTransport(SENDER, "127.0.0.1", free_port(), timeout=2), AT) == [False]
    assert (message.state, message.retry_at) == ("owed", AT + timedelta(minutes=1))


def test_a_server_that_hangs_is_given_up(session):
    message = owe()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        transport = SmtpTransport(SENDER, "127.0.0.1", silent.getsockname()[1], timeout=0.2)
        assert send_all(session, transport, AT) == [False]
    assert message.state == "owed"
    assert "imeout" in message.error or "timed out" in message.error


def test_an_address_that_this_server_does_not_take_is_parked(session):
    controller = serve(Postbox(), enable_SMTPUTF8=False)
    message = owe("rösa@example.com")
    assert send_all(session, SmtpTransport(SENDER, "127.0.0.1", controller.port), AT) == [False]
    controller.stop()
    assert message.state == "parked"


@pytest.mark.parametrize("address", ["a@example.com\r\nBcc: b@example.com", "\ud800@example.com"])
def test_an_address_that_no_server_takes_is_parked(session, post, address):
    message = owe("x@example.com")
    message.to_address = address
    assert sending.send_one(message, post.transport, AT) is False
    assert message.state == "parked"
    assert post.box.mails == []
    session.rollback()


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
def test_signing_in_to_the_server(session):
    def check(server, peer, envelope, mechanism, given):
        right = isinstance(given, LoginPassword) and (given.login, given.password) == (b"us er", b"p@ss/w")
        return AuthResult(success=right, handled=False)

    box = Postbox()
    controller = serve(box, authenticator=check, auth_required=True, auth_require_tls=False)
    right = transport_from(f"smtp://us%20er:p%40ss%2Fw@127.0.0.1:{controller.port}", None, SENDER)
    wrong = transport_from(f"smtp://somebody:else@127.0.0.1:{controller.port}", None, SENDER)
    message = owe()
    assert send_all(session, wrong, AT) == [False]
    assert message.state == "owed"  # the settings will be mended; the mail is fine
    assert send_all(session, right, AT + timedelta(minutes=1)) == [True]
    controller.stop()
    assert len(box.mails) == 1


def test_starttls_is_insisted_on(session, post):
    """This server offers none: the mail stays rather than travel in the clear."""
    message = owe()
    insisting = SmtpTransport(SENDER, "127.0.0.1", post.transport.port, tls="starttls", timeout=5)
    assert send_all(session, insisting, AT) == [False]
    assert message.state == "owed"
    assert post.box.mails == []


# Claims


def test_what_one_worker_claimed_no_other_gets(session):
    first, second = owe("a@example.com"), owe("b@example.com")
    assert [message.id for message in sending.due(AT, 1)] in ([first.id], [second.id])
    assert len(sending.due(AT, 10)) == 1
    assert sending.due(AT, 10) == ()


def test_what_a_killed_worker_claimed_is_due_again(session, post):
    owe()
    assert len(sending.due(AT, 10)) == 1
    session.commit()
    assert sending.due(AT + sending.LEASE - timedelta(seconds=1), 10) == ()
    assert send_all(session, post.transport, AT + sending.LEASE) == [True]


def test_oldest_first(session):
    for number in (3, 1, 2):
        message = owe(f"{number}@example.com")
        message.created_at = AT + timedelta(seconds=number)
    session.flush()
    assert [message.to_address[0] for message in sending.due(AT + timedelta(minutes=1), 10)] == ["1", "2", "3"]


# Without a server


def test_without_a_server_mails_become_files(session, tmp_path, caplog):
    with caplog.at_level("INFO", "lms.mail.sending"):
        transport = transport_from(None, tmp_path, SENDER)
    message = owe()
    assert send_all(session, transport, AT) == [True]
    (file,) = (tmp_path / "mail").glob("*.eml")
    mail = email.message_from_bytes(file.read_bytes(), policy=default)
    assert (mail["To"], mail.get_content()) == ("rosa@example.com", message.text)
    assert str(tmp_path / "mail") in caplog.text


def test_a_folder_that_cannot_be_written_is_tried_again(session, tmp_path):
    (tmp_path / "mail").write_text("a file, not a folder")
    message = owe()
    assert send_all(session, FolderTransport(SENDER, tmp_path / "mail"), AT) == [False]
    assert message.state == "owed"


# MAIL_URL


@pytest.mark.parametrize(
    ("url", "host", "port", "user", "password", "tls"),
    [
        ("smtp://localhost", "localhost", 25, None, None, "none"),
        ("smtp://mail.example.com:587?starttls=true", "mail.example.com", 587, None, None, "starttls"),
        ("smtps://a:b@mail.example.com", "mail.example.com", 465, "a", "b", "implicit"),
        ("smtp://a%40b:c%3Ad@[::1]:2525?starttls=false", "::1", 2525, "a@b", "c:d", "none"),
    ],
)
def test_mail_url(tmp_path, url, host, port, user, password, tls):
    assert transport_from(url, tmp_path, SENDER) == SmtpTransport(SENDER, host, port, user, password, tls)


@pytest.mark.parametrize(
    "url", ["http://mail.example.com", "smtp://", "smtp://host:port", "smtp://host?starttls=yes", "smtp://host:99999"]
)
def test_mail_urls_that_cannot_be_meant(tmp_path, url):
    with pytest.raises(SettingsError):
        transport_from(url, tmp_path, SENDER)


def test_the_password_is_not_in_the_representation():
    transport = transport_from("smtps://a:topsecret@mail.example.com", None, SENDER)
    assert "topsecret" not in repr(transport)


def test_nothing_is_left_owed(session, post):
    for number in range(3):
        owe(f"{number}@example.com")
    assert send_all(session, post.transport, AT) == [True] * 3
    assert session.query(Message).filter_by(state="owed").count() == 0
