"""Mail that the mail server refused, for whoever runs the product: why, and once more."""

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms import clock
from lms.db import db
from lms.mail.models import Message
from lms.people import service
from lms.people.queries.refused_mail import refused_mail
from lms.people.views.blueprint import bp
from lms.policy.access import Permission, Subject
from lms.web.guards import Loaded, requires, writes


@bp.get("/admin/mail", endpoint="refused_mail")
@requires(Permission.SYSTEM_ADMIN)
def refused() -> str:
    lines, total = refused_mail(clock.now())
    return render_template("people/refused_mail.html", lines=lines, total=total)


def load_message(message_id: UUID) -> Loaded:
    message = db.session.get(Message, message_id)
    return None if message is None else ({"message": message}, Subject(message.user_id or current_user.id))


@bp.post("/admin/mail/<uuid:message_id>")
@requires(Permission.SYSTEM_ADMIN, load=load_message)
@writes
def send_mail_again(message: Message) -> ResponseReturnValue:
    to_address = service.send_mail_again(message.id, by=current_user, at=clock.now())
    if to_address:
        flash(f"The worker sends it to {to_address} in a moment.", "success")
    else:
        flash("This mail does not wait any more.", "information")
    return redirect(url_for(".refused_mail"), 303)
