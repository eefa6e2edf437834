"""The application with a few extra pages that fail, refuse and save in every way a page can."""

from pathlib import Path

from flask import Blueprint, Flask, jsonify, redirect, render_template_string, request
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import Forbidden, RequestEntityTooLarge, ServiceUnavailable, TooManyRequests

from lms.app import create_app
from lms.errors import RuleViolation
from lms.policy.access import Permission
from lms.web.guards import public, requires
from tests.conftest import make_settings

FAILURES = {
    "rule": lambda: RuleViolation("changed_meanwhile"),
    "unknown": lambda: RuleViolation("a_code_nobody_worded", at=3),
    "stale": lambda: StaleDataError("two managers at once"),
    "integrity": lambda: IntegrityError("insert", {}, Exception("unique")),
    "data": lambda: DataError("insert", {}, Exception("out of range")),
    "deep": lambda: RecursionError("a thousand levels"),
    "number": lambda: OverflowError("a mistake of ours"),
    "forbidden": Forbidden,
    "large": RequestEntityTooLarge,
    "often": lambda: TooManyRequests(retry_after=30),
    "later": ServiceUnavailable,
    "broken": lambda: ZeroDivisionError("a mistake of ours"),
}


def blueprint() -> Blueprint:
    bp = Blueprint("probe", __name__)
    bp.saved = {"lock_version": 1, "fields": {}}
    bp.sent = []
    bp.counts = {"call": 0}
    bp.answer = None  # (status, body) that autosave and tally give instead

    @bp.route("/probe/fail/<how>", methods=["GET", "POST"])
    @public
    def fail(how: str):
        raise FAILURES[how]()

    @bp.post("/probe/note")
    @requires(Permission.SIGNED_IN)
    def note():
        bp.sent.append(request.form.to_dict(flat=False))
        return redirect("/probe/thanks", 303)

    @bp.post("/probe/open")
    @public
    def open_post():
        bp.sent.append(request.form.to_dict(flat=False))
        return redirect("/probe/thanks", 303)

    @bp.get("/probe/thanks")
    @public
    def thanks():
        return render_template_string('{% extends "web/page.html" %}{% block main %}<h1>Thanks</h1>{% endblock %}')

    @bp.get("/probe/page/<name>")
    @public
    def page(name: str):
        return render_template_string(PAGES[name], saved=bp.saved, counts=bp.counts)

    @bp.post("/probe/autosave")
    @public
    def autosave():
        if bp.answer:
            return jsonify(bp.answer[1]), bp.answer[0]
        body = request.get_json()
        if body["fields"] != bp.saved["fields"]:  # else the answer to the same save was lost on the way
            assert body["lock_version"] == bp.saved["lock_version"]
            bp.saved = {"lock_version": body["lock_version"] + 1, "fields": body["fields"]}
        problems = {"opening": "Say it in letters."} if body["fields"]["opening"].isdigit() else {}
        return jsonify(lock_version=bp.saved["lock_version"], saved_at="2026-11-20T15:40:00+00:00", problems=problems)

    @bp.post("/probe/taps")
    @public
    def taps():
        if bp.answer:
            return jsonify(bp.answer[1]), bp.answer[0]
        sent = request.get_json()["taps"]
        for tap in sent:
            bp.counts[tap["kind"]] += tap["delta"]
        return jsonify(counts=bp.counts, accepted=[tap["client_id"] for tap in sent])

    @bp.get("/probe/fragment")
    @public
    def fragment():
        bp.counts["call"] += 1
        return render_template_string(FRAGMENT, counts=bp.counts)

    return bp


FRAGMENT = """{% import "web/parts.html" as parts %}{% call parts.poll("/probe/fragment", seconds=1, id="live") %}
<p id="polled">{{ counts.call }}</p><details id="kept-open"><summary>More</summary><p>Text</p></details>{% endcall %}"""

_START = """{% extends "web/page.html" %}{% import "web/forms.html" as forms %}{% import "web/parts.html" as parts %}
{% block title %}Probe{% endblock %}{% block main %}<h1>Probe</h1>"""
_END = "{% endblock %}"

PAGES = {
    "autosave": _START
    + """<form method="post" action="/probe/open" data-autosave="/probe/autosave">
{{ forms.csrf() }}{{ forms.autosave_state() }}
<input type="hidden" name="lock_version" value="{{ saved.lock_version }}">
{{ forms.textarea("opening", "Opening", saved.fields.get("opening", "")) }}
{{ forms.checkbox("ready", "Ready", saved.fields.get("ready", false)) }}
<fieldset class="group" data-rows="r-concerns" data-rows-max="3" data-rows-add="Add a concern" data-rows-what="concern">
<legend>Concerns</legend>
<div data-row>{{ forms.input("r-concerns-0-text", "Concern", saved.fields.get("r-concerns-0-text", "")) }}</div>
<template data-row-template><div data-row>{{ forms.input("r-concerns-__i__-text", "Concern") }}</div></template>
</fieldset>
{{ forms.buttons("Submit") }}</form>"""
    + _END,
    "keep": _START
    + """<form method="post" action="/probe/open" data-keep="observation-1">{{ forms.csrf() }}
<p class="sync" data-keep-state role="status"></p>{{ forms.textarea("seen", "What did you see?") }}
{{ forms.buttons("Send") }}</form>"""
    + _END,
    "hidden": _START
    + """<form method="post" action="/probe/open">{{ forms.csrf() }}
{% set second %}<details><summary>More</summary>{{ forms.input("why", "Why", required=true) }}</details>{% endset %}
{{ parts.tabs([("one", "Script", "First"), ("two", "Rubric", second)], id="beside") }}
{{ forms.buttons("Send") }}</form>"""
    + _END,
    "again": _START
    + """<form method="post" action="/probe/open" data-keep="observation-2">{{ forms.csrf() }}
<input type="hidden" name="client_id" value="{{ range(10 ** 9)|random }}">
{{ forms.textarea("seen", "What did you see?", "Nothing yet") }}{{ forms.buttons("Send") }}</form>"""
    + _END,
    "tally": _START
    + """<section data-tally="/probe/taps" data-tally-key="a1">
<p>Calls: <output data-count="call">{{ counts.call }}</output></p>
<button type="button" class="button" data-tap="call">Call</button>
<button type="button" class="button" data-tap="call" data-delta="-1">Take one back</button>
<p class="sync" data-tally-state role="status"></p></section>"""
    + _END,
    "player": _START
    + """{{ parts.tabs([("one", "Script", "First"), ("two", "Rubric", "Second")], id="beside") }}
<p><a href="#inside">To the inside</a></p><details><summary>Closed</summary><p id="inside">Inside</p></details>
<label for="box">Box</label> <input id="box"><a data-key-previous href="/probe/thanks?previous">Back</a>
<a data-key-next href="/probe/thanks?next">Next</a>"""
    + _END,
    "poll": _START + FRAGMENT.split("%}", 1)[1] + _END,
}


def make_probe(database_url: str, instance: Path, **changes: object) -> tuple[Flask, Blueprint]:
    app = create_app(make_settings(database_url, instance, **changes))
    probe = blueprint()
    app.register_blueprint(probe)
    return app, probe


PAGES["order"] = (
    _START
    + """<p data-deadline="{{ saved.deadline }}">Time. <span data-deadline-left role="status"></span></p>
<ol data-order>{% for key in "abc" %}<li data-order-row><label for="q-{{ key }}">Row {{ key }}</label>
<select id="q-{{ key }}"><option value="">Place</option>
<option>1</option><option>2</option><option>3</option></select></li>
{% endfor %}</ol>"""
    + _END
)
