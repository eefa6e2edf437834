"""Pages for whoever runs the product: where statements stand, why one was refused, and one statement as it is."""

import json
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from lms import clock
from lms.policy.access import Permission
from lms.statements import build, profile, queries, service
from lms.statements.views.blueprint import bp, names, viewer
from lms.statements.vocabulary import DISPLAY, Verb
from lms.web.guards import public, requires, writes
from lms.web.input import bounded

PAGE = 25
STATES = {"owed": "Waiting", "delivered": "Delivered", "parked": "Refused"}


@bp.get("/admin/deliveries")
@requires(Permission.SYSTEM_ADMIN)
def deliveries() -> str:
    seq = request.args.get("before", type=bounded)
    before = None if seq is None else (seq, request.args.get("store", ""))
    state = request.args.get("state")
    if state not in STATES:
        state = None
    found = queries.deliveries(state, before=before, limit=PAGE + 1)
    lines = found[:PAGE]
    stores = queries.targets()
    return render_template(
        "statements/deliveries.html",
        targets=stores,
        parked_count=sum(store.parked for store in stores),
        parked=queries.deliveries("parked", limit=PAGE),
        # Pages go by number, as what was recorded last is mostly the latest; within a page the time counts.
        lines=sorted(lines, key=lambda line: line.at, reverse=True),
        earlier=lines[-1] if len(found) > PAGE else None,
        is_first=before is None,
        state=state,
        states=STATES,
        names=names(),
    )


@bp.post("/admin/deliveries/<int:seq>/<target>")
@requires(Permission.SYSTEM_ADMIN)
@writes
def resend(seq: int, target: str) -> Response:
    row = queries.delivery(seq, target)
    if row is None:
        raise NotFound
    service.resend(seq, target, row.statement_id, by=viewer(), at=clock.now())
    flash("The worker sends it again in a moment.", "success")
    return redirect(url_for(".deliveries"), 303)


@bp.get("/admin/statements/<uuid:statement_id>")
@requires(Permission.SYSTEM_ADMIN)
def statement(statement_id: UUID) -> str:
    found = queries.statement(statement_id)
    if found is None:
        raise NotFound
    body = json.loads(found.body)
    return render_template(
        "statements/statement.html",
        found=found,
        line=readable(body, found.entry),
        text=json.dumps(body, indent=2, ensure_ascii=False),
        states=STATES,
        names=names(),
    )


@bp.get("/xapi/profile")
@public
def own_profile() -> Response:
    """What our own words mean; nothing about anybody."""
    return Response(json.dumps(profile.document(), ensure_ascii=False, indent=2), mimetype="application/ld+json")


def readable(body: dict[str, Any], entry: queries.Entry) -> str:
    """One line for people: who did what to what."""
    verb = DISPLAY[Verb(body["verb"]["id"])]
    thing = body["object"]
    names = thing.get("definition", {}).get("name", {})
    if thing.get("objectType") == "StatementRef":
        name = f"statement {thing['id']}"
    else:
        name = f"“{names.get(build.LANGUAGE) or entry.title or thing['id']}”"
    who = entry.actor_name or "Fieldwork"
    return f"{who} {verb} {name}"
