"""Every route is guarded, writes only when it says so, and answers each kind of visitor as one table says.

The visitors come to the demo company with ids of real things: the rep whose thing it is, her manager, who stands in
for the manager this week, the manager of another team, an admin, and nobody.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from lms import clock
from lms.assessment.models import Attempt, Recording
from lms.catalog import queries as catalog
from lms.catalog.models import ItemLine, StagedBundle, StagedQuestions
from lms.db import db
from lms.learning import queries as learning
from lms.lrs import credentials
from lms.mail import service as mail
from lms.people.models import Accommodation, Delegation, StagedFile
from lms.policy.outline import Assessment, Chunk, Purpose
from lms.practice import queries as practice
from lms.practice.models import PracticeCard
from lms.statements.models import Delivery, OwedStatement
from lms.transfer import queries as transfer
from tests.conftest import undone
from tests.demo import DEMO, Demo, writes_of

SAFE = {"GET", "HEAD", "OPTIONS"}
# Flask's own, without a guard: the files in lms/web/static.
WITHOUT_GUARD = {"static"}
# Programs call these with credentials of their own; no browser holds a cookie for them.
WITHOUT_CSRF = {"lrs.change"}

VISITORS = ("rep", "manager", "delegate", "other manager", "admin", "nobody")

# 200 and 303 are exact; "ok" is any answer of somebody who may (a form sent empty is refused in words: 409, 422);
# "in" leads to the sign-in page. 404: does not exist for them. 403: they see it, but it is not theirs to do.
# fmt: off
EXPECTED: dict[str, str] = {
    #                                 rep manager delegate other admin nobody
    "assessment.answer":             "ok  403 404 404 403 in",
    "assessment.attempt":            "200 403 404 404 403 in",
    "assessment.check":              "ok  403 403 404 403 in",
    "assessment.check_answer":       "ok  403 404 404 403 in",
    "assessment.checked":            "200 200 200 404 200 in",
    "assessment.grant":              "403 ok  403 404 ok  in",
    "assessment.issue":              "ok  403 403 404 403 in",
    "assessment.result":             "200 200 200 404 200 in",
    "assessment.start":              "200 200 200 404 200 in",
    "assessment.submit":             "ok  403 404 404 403 in",
    "catalog.admin":                 "404 404 404 404 200 in",
    "catalog.asset":                 "404 404 404 404 200 in",
    "catalog.preview":               "404 404 404 404 200 in",
    "catalog.publish":               "404 404 404 404 ok  in",
    "catalog.report":                "404 404 404 404 200 in",
    "catalog.stage":                 "404 404 404 404 ok  in",
    "catalog.upload":                "404 404 404 404 200 in",
    "catalog.version":               "404 404 404 404 200 in",
    "dashboard.healthz":             "200 200 200 200 200 200",
    "dashboard.person":              "200 200 200 404 200 in",
    "dashboard.prometheus":          "404 404 404 404 404 404",
    "dashboard.readyz":              "200 200 200 200 200 200",
    "dashboard.record":              "200 200 200 200 200 in",
    "dashboard.record_of":           "200 200 404 404 200 in",
    "dashboard.statement_file":      "404 404 404 404 200 in",
    "dashboard.statements":          "404 404 404 404 200 in",
    "dashboard.stored_statement":    "404 404 404 404 200 in",
    "dashboard.team":                "404 200 200 200 200 in",
    "dashboard.today":               "200 200 200 200 200 in",
    "exchange.export":               "404 404 404 404 200 in",
    "exchange.export_file":          "404 404 404 404 200 in",
    "exchange.import_":              "404 404 404 404 ok  in",
    "exchange.item_file":            "404 404 404 404 404 in",
    "exchange.picture":              "404 404 404 404 404 in",
    "exchange.report":               "404 404 404 404 200 in",
    "exchange.stage":                "404 404 404 404 ok  in",
    "exchange.upload":               "404 404 404 404 200 in",
    "items.ask_preview":             "404 404 404 404 ok  in",
    "items.decide":                  "404 404 404 404 ok  in",
    "items.item":                    "404 404 404 404 200 in",
    "items.move":                    "404 404 404 404 ok  in",
    "items.note":                    "404 404 404 404 ok  in",
    "items.previewed":               "404 404 404 404 409 in",
    "items.repair_page":             "404 404 404 404 200 in",
    "items.repairs":                "404 404 404 404 200 in",
    "items.search":                  "404 404 404 404 200 in",
    "items.test":                    "404 404 404 404 200 in",
    "items.test_file":               "404 404 404 404 200 in",
    "items.tests":                   "404 404 404 404 200 in",
    "learning.asset":                "200 200 200 404 200 in",
    "learning.ask_check":            "ok  403 403 404 403 in",
    "learning.bookmark":             "ok  403 403 404 403 in",
    "learning.complete":             "ok  403 403 404 403 in",
    "learning.courses":              "200 200 200 200 200 in",
    "learning.enroll":               "403 ok  403 404 ok  in",
    "learning.enrollments":          "403 200 403 404 200 in",
    "learning.print_module":         "200 200 200 404 200 in",
    "learning.end_pause":            "403 ok  403 404 ok  in",
    "learning.pause":                "403 ok  403 404 ok  in",
    "learning.reopen":               "403 ok  403 404 ok  in",
    "learning.resume":               "303 303 303 404 303 in",
    "learning.step":                 "200 200 200 404 200 in",
    "learning.take":                 "ok  ok  ok  ok  ok  in",
    "learning.trail":                "200 200 200 404 200 in",
    "learning.trail_part":           "200 200 200 404 200 in",
    "learning.withdraw":             "ok  ok  403 404 ok  in",
    "lrs.about":                     "200 200 200 200 200 200",
    "lrs.change":                    "in  in  in  in  in  in",
    "lrs.tell":                      "in  in  in  in  in  in",
    "metrics.add":                   "404 404 404 404 ok  in",
    "metrics.add_shipped":           "404 404 404 404 ok  in",
    "metrics.change":                "404 404 404 404 ok  in",
    "metrics.metric":                "404 404 404 404 200 in",
    "metrics.new":                   "404 404 404 404 200 in",
    "metrics.retire":                "404 404 404 404 ok  in",
    "metrics.revive":                "404 404 404 404 ok  in",
    "people.account":                "200 200 200 200 200 in",
    "people.add_person":             "404 404 404 404 ok  in",
    "people.apply_import":           "404 404 404 404 ok  in",
    "people.ask_reset":              "ok  ok  ok  ok  ok  ok",
    "people.change_details":         "404 404 404 404 ok  in",
    "people.change_line":            "404 404 404 404 ok  in",
    "people.change_password":        "ok  ok  ok  ok  ok  in",
    "people.change_role":            "404 404 404 404 ok  in",
    "people.change_team":            "404 404 404 404 ok  in",
    "people.change_zone":            "ok  ok  ok  ok  ok  in",
    "people.choose_password":        "ok  ok  ok  ok  ok  ok",
    "people.deactivate":             "404 404 404 404 ok  in",
    "people.delegates":              "404 200 200 200 200 in",
    "people.directory":              "404 404 404 404 200 in",
    "people.end_delegation":         "ok  404 404 404 ok  in",
    "people.end_time":               "404 404 404 404 ok  in",
    "people.forgot":                 "200 200 200 200 200 200",
    "people.give_time":              "404 404 404 404 ok  in",
    "people.import_people":          "404 404 404 404 200 in",
    "people.import_report":          "404 404 404 404 200 in",
    "people.invite":                 "404 404 404 404 ok  in",
    "people.invite_all":             "404 404 404 404 ok  in",
    "people.name_delegate":          "404 ok  ok  ok  ok  in",
    "people.new_person":             "404 404 404 404 200 in",
    "people.person_admin":           "404 404 404 404 200 in",
    "people.reactivate":             "404 404 404 404 ok  in",
    "people.refused_mail":           "404 404 404 404 200 in",
    "people.send_mail_again":        "404 404 404 404 ok  in",
    "people.reset":                  "410 410 410 410 410 410",
    "people.reset_sent":             "200 200 200 200 200 200",
    "people.sign_in":                "303/ok 303/ok 303/ok 303/ok 303/ok 200/ok",
    "people.sign_out":               "in  in  in  in  in  in",
    "people.sign_out_everywhere":    "in  in  in  in  in  in",
    "people.sign_person_out":        "404 404 404 404 ok  in",
    "people.stage_people":           "404 404 404 404 ok  in",
    "performance.apply_file":        "404 404 404 404 ok  in",
    "performance.import_file":       "404 404 404 404 200 in",
    "performance.metrics":           "404 404 404 404 200 in",
    "performance.numbers":           "200 200 200 404 200 in",
    "performance.stage_file":        "404 404 404 404 ok  in",
    "performance.team_numbers":      "404 200 200 200 200 in",
    "practice.again":                "ok  404 404 404 404 in",
    "practice.answer":               "ok  404 404 404 404 in",
    "practice.answered":             "303 404 404 404 404 in",
    "practice.configure":            "ok  ok  ok  ok  ok  in",
    "practice.file":                 "200 404 404 404 404 in",
    "practice.held":                 "200 200 200 404 200 in",
    "practice.leave":                "ok  ok  ok  ok  ok  in",
    "practice.review":               "200 200 200 200 200 in",
    "practice.settings":             "200 200 200 200 200 in",
    "scoring.decide":                "403 ok  404 404 ok  in",
    "scoring.recording":             "200 200 404 404 200 in",
    "scoring.revise":                "403 ok  404 404 ok  in",
    "scoring.revision":              "403 409 404 404 409 in",
    "scoring.score":                 "403 200 404 404 200 in",
    "scoring.send":                  "ok  403 404 404 403 in",
    "statements.add_store":         "404 404 404 404 ok  in",
    "statements.change_store":      "404 404 404 404 ok  in",
    "statements.credentials":       "404 404 404 404 200 in",
    "statements.deliveries":        "404 404 404 404 200 in",
    "statements.make_credential":   "404 404 404 404 ok  in",
    "statements.new_store":         "404 404 404 404 200 in",
    "statements.own_profile":       "200 200 200 200 200 200",
    "statements.pause_store":       "404 404 404 404 ok  in",
    "statements.replay_store":      "404 404 404 404 ok  in",
    "statements.resend":            "404 404 404 404 ok  in",
    "statements.resend_refused":    "404 404 404 404 ok  in",
    "statements.resume_store":      "404 404 404 404 ok  in",
    "statements.revoke_credential": "404 404 404 404 ok  in",
    "statements.statement":         "404 404 404 404 200 in",
    "statements.store":             "404 404 404 404 200 in",
    "statements.switch_store_off":  "404 404 404 404 ok  in",
    "statements.switch_store_on":   "404 404 404 404 ok  in",
    "style.page":                    "200 200 200 200 200 200",
    "transfer.acknowledge":          "ok  403 403 404 403 in",
    "transfer.activity":             "200 200 200 404 200 in",
    "transfer.adjust":               "403 ok  ok  404 403 in",
    "transfer.approve":              "403 ok  ok  404 403 in",
    "transfer.note":                 "403 ok  ok  404 403 in",
    "transfer.observation":          "200 200 200 404 200 in",
    "transfer.observe":              "403 200 200 404 403 in",
    "transfer.open_review":          "403 ok  ok  404 403 in",
    "transfer.override_preparation": "403 403 403 404 ok  in",
    "transfer.query":                "403 ok  ok  404 403 in",
    "transfer.queue":                "404 200 200 200 200 in",
    "transfer.record_observation":   "403 ok  ok  404 403 in",
    "transfer.release":              "403 ok  ok  404 403 in",
    "transfer.remind":               "ok  403 403 404 403 in",
    "transfer.reopen":               "403 ok  ok  404 ok  in",
    "transfer.report_results":       "ok  403 403 404 403 in",
    "transfer.restore":              "ok  403 403 404 403 in",
    "transfer.results":              "200 403 403 404 403 in",
    "transfer.return_":              "403 ok  ok  404 403 in",
    "transfer.review":               "303 200 200 404 200 in",
    "transfer.save_worksheet":       "ok  403 403 404 403 in",
    "transfer.submit":               "ok  403 403 404 403 in",
    "transfer.tally":                "200 403 403 404 403 in",
    "transfer.tap":                  "ok  403 403 404 403 in",
    "transfer.verify":               "403 ok  ok  404 403 in",
    "transfer.waive":                "403 403 403 404 ok  in",
    "transfer.withdraw":             "ok  403 403 404 403 in",
    "transfer.workbook":             "403 200 200 404 403 in",
    "transfer.worksheet":            "200 200 200 404 200 in",
    "transfer.worksheet_pdf_file":   "200 200 200 404 200 in",
}
# fmt: on


# Chloe's numbers were queried: she has a script, an observation and a report. Lena is away and Otis stands in for her.
USUAL = ("chloe", "lena", "otis", "priya", "enid", None)
# Bianca has a test open; nobody stands in for Tara, so another team's manager comes twice.
OPEN_ATTEMPT = ("bianca", "tara", "gus", "priya", "enid", None)
# Ruth's test waits to be scored by Priya, in whose place nobody stands.
AWAITING = ("ruth", "priya", "otis", "gus", "enid", None)
# The delegation is Lena's own: she comes in the place of the rep, then her manager, and whom she named.
OWN_DELEGATION = ("lena", "dana", "otis", "priya", "enid", None)
WHO = {
    "assessment.attempt": OPEN_ATTEMPT,
    "assessment.answer": OPEN_ATTEMPT,
    "assessment.check_answer": OPEN_ATTEMPT,
    "assessment.submit": OPEN_ATTEMPT,
    "people.end_delegation": OWN_DELEGATION,
    "scoring.decide": AWAITING,
    "scoring.recording": AWAITING,
    "scoring.revise": AWAITING,
    "scoring.revision": AWAITING,
    "scoring.score": AWAITING,
    "scoring.send": AWAITING,
}


def routes(app: Flask) -> list[tuple[Rule, str]]:
    """Every rule with each method that is not asked about a rule by the protocol itself."""
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def test_every_route_says_who_may_call_it(app):
    silent = {
        rule.endpoint
        for rule, _ in routes(app)
        if not getattr(app.view_functions[rule.endpoint], "__permission__", None) and rule.endpoint not in WITHOUT_GUARD
    }
    assert not silent, f"without @public or @requires: {sorted(silent)}"


def test_a_route_writes_if_and_only_if_its_method_is_unsafe(app):
    methods: dict[str, set[str]] = {}
    for rule, method in routes(app):
        methods.setdefault(rule.endpoint, set()).add(method)
    wrong = {
        endpoint: sorted(taken)
        for endpoint, taken in methods.items()
        if bool(taken - SAFE) != bool(getattr(app.view_functions[endpoint], "__writes__", False))
    }
    assert not wrong, f"@writes and methods do not match: {wrong}"


def test_the_table_names_every_route_and_nothing_else(app):
    named = {rule.endpoint for rule, _ in routes(app)} - WITHOUT_GUARD
    assert named == EXPECTED.keys(), {
        "missing in EXPECTED": sorted(named - EXPECTED.keys()),
        "no such route": sorted(EXPECTED.keys() - named),
    }


class Things:
    """Ids of real things of the demo, by the name of the argument in the address."""

    def __init__(self, demo: Demo) -> None:
        chloe, bianca = demo.enrollment("chloe"), demo.enrollment("bianca")
        enrollment = learning.enrollment(chloe)
        assert enrollment is not None
        course = learning.course_of(enrollment)
        done = [key for key in learning.done(chloe) if key in course.steps]  # later checks are no steps
        activity = next(row for row in transfer.statuses_of([demo.people["chloe"].id]) if row.enrollment_id == chloe)
        closed = db.session.scalars(
            select(Attempt.id).where(Attempt.enrollment_id == chloe, Attempt.state != "open").order_by(Attempt.id)
        ).first()
        opened = db.session.scalars(
            select(Attempt).where(Attempt.enrollment_id == bianca, Attempt.state == "open")
        ).one()
        # Her time is short, and a slow machine may come here late.
        opened.deadline_at = clock.now() + timedelta(hours=1)
        made = credentials.add("Reporting", at=clock.now())
        message = mail.owe("x@example.com", user_id=None, kind="test", subject="S", text="T", at=clock.now())
        assert message is not None
        db.session.commit()
        line = catalog.latest_version("appointment-setting")
        assert line is not None
        statement = db.session.scalars(select(OwedStatement).order_by(OwedStatement.seq)).first()
        owed = db.session.scalars(select(Delivery).order_by(Delivery.seq)).first()
        assert statement is not None
        assert owed is not None
        chunk = next(key for key in done if isinstance(course.steps[key][1], Chunk) and course.steps[key][1].items)
        test = next(
            key
            for key in done
            if isinstance(course.steps[key][1], Assessment) and course.steps[key][1].purpose is not Purpose.PRE
        )
        # Of the first module that has one: what is locked for the learner is 404 for them (PostgreSQL sorts keys).
        path = next(
            path for module in course.modules for path in sorted(course.assets) if path.startswith(f"{module.key}/")
        )
        self.steps = {"chunk": chunk, "test": test, "activity": activity.step_key}
        self.by_name: dict[str, Any] = {
            "enrollment_id": chloe,
            "person_id": demo.people["chloe"].id,
            "activity_id": activity.activity_id,
            "attempt_id": closed,
            "observation_id": transfer.observations(activity.activity_id)[0].id,
            "version_id": line.id,
            "line_id": line.line_id,
            # Of the first module that has one: what is locked for the learner is 404 for them (PostgreSQL sorts keys).
            "path": path,
            # A picture of a card's own module is shown with it, any other is not there.
            "card_id": next(
                card.id
                for card in db.session.scalars(
                    select(PracticeCard).where(PracticeCard.user_id == demo.people["chloe"].id)
                )
                if (asked := practice.asked(card)) is not None and path.startswith(f"{asked.module.key}/")
            ),
            "item_id": db.session.scalars(select(ItemLine.id).order_by(ItemLine.id).limit(1)).one(),
            "questions_id": db.session.scalars(select(StagedQuestions.id)).one(),
            "number": 1,
            "form": "gift",
            "staged_id": db.session.scalars(select(StagedBundle.id)).one(),
            "file_id": db.session.scalars(select(StagedFile.id)).one(),
            "accommodation_id": db.session.scalars(select(Accommodation.id)).one(),
            "delegation_id": db.session.scalars(select(Delegation.id)).one(),
            "message_id": message.id,
            "statement_id": statement.id,
            "seq": owed.seq,
            "target": owed.target,
            "key": made.key,
            "item_key": "say-voicemail",
            "metric_key": "calls",
            "kind": "readings",
            "token": "not-a-token-that-was-sent",
        }
        self.opened = opened.id
        self.awaiting, self.by_name["recording_id"] = db.session.execute(
            select(Recording.attempt_id, Recording.id)
            .join(Attempt, Attempt.id == Recording.attempt_id)
            .where(Attempt.enrollment_id == demo.enrollment("ruth"), Attempt.state == "awaiting_review")
        ).one()
        self.item_key = opened.form["items"][0]["key"]

    def address(self, rule: Rule) -> str:
        kind = "activity"
        if rule.endpoint.startswith(("assessment.", "items.")):
            kind = "chunk" if rule.endpoint in {"assessment.check", "assessment.checked"} else "test"
        elif rule.endpoint.startswith(("learning.", "catalog.")):
            kind = "chunk"
        module_key, _, step_key = self.steps[kind].partition("/")
        values = {**self.by_name, "module_key": module_key, "step_key": step_key}
        if WHO.get(rule.endpoint) is OPEN_ATTEMPT:
            values["attempt_id"] = self.opened
            values["item_key"] = self.item_key
        elif WHO.get(rule.endpoint) is AWAITING:
            values["attempt_id"] = self.awaiting
        built = rule.build({name: values[name] for name in rule.arguments}, append_unknown=False)
        assert built is not None, rule
        return built[1]


@pytest.fixture(scope="module")
def things(demo: Demo):
    with demo.app.app_context():
        yield Things(demo)
        db.session.remove()


def says(response) -> str:
    location = response.headers.get("Location", "")
    if response.status_code == 401 or (response.status_code in {302, 303} and "/sign-in" in location):
        return "in"
    return "303" if response.status_code in {302, 303} else str(response.status_code)


def fits(expected: str, said: str, method: str) -> bool:
    """`expected` of an endpoint that takes both is "GET's/POST's"."""
    expected = expected.split("/")[0 if method in SAFE else -1]
    if expected != "ok":
        return said == expected
    assert method not in SAFE, "say exactly what a GET answers"
    return said not in {"403", "404", "405", "in"} and not said.startswith("5")


def group(endpoint: str) -> str:
    return endpoint.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Answer:
    endpoint: str
    method: str
    path: str
    visitor: str
    said: str
    written: str


@pytest.fixture(scope="module")
def answers(demo: Demo, things: Things) -> list[Answer]:
    """Every route as every visitor, each on the untouched company."""
    found = []
    for rule, method in routes(demo.app):
        if rule.endpoint in WITHOUT_GUARD:
            continue
        path = things.address(rule)
        for who, visitor in zip(WHO.get(rule.endpoint, USUAL), VISITORS, strict=True):
            with writes_of(demo.app) as written:
                response = sent(demo, who, method, path)
            found.append(Answer(rule.endpoint, method, path, visitor, says(response), "".join(written[:1])))
    return found


class TestVisitors:
    pytestmark = DEMO

    @pytest.mark.parametrize("package", sorted({group(endpoint) for endpoint in EXPECTED}))
    def test_every_route_as_every_visitor(self, package, answers):
        expected = {
            (endpoint, visitor): told
            for endpoint, row in EXPECTED.items()
            for visitor, told in zip(VISITORS, row.split(), strict=True)
        }
        wrong = [
            f"{one.method} {one.endpoint} as {one.visitor}: {one.said}, not {told}  {one.path}"
            for one in answers
            if group(one.endpoint) == package
            and not fits(told := expected[one.endpoint, one.visitor], one.said, one.method)
        ]
        assert not wrong, "\n".join(wrong)

    def test_a_get_writes_nothing(self, answers):
        gets = [one for one in answers if one.method == "GET"]
        assert {one.visitor for one in gets if one.said == "200"} == set(VISITORS)
        assert [one for one in answers if one.method != "GET" and one.written], "it would not be seen if one did"
        wrong = [f"{one.endpoint} as {one.visitor}: {one.written[:200]}" for one in gets if one.written]
        assert not wrong, "\n".join(wrong)

    def test_without_a_token_of_the_page_nothing_is_taken(self, demo, things):
        """An attacker's page can send a form with the visitor's cookie, but not with the token."""
        taken = []
        for rule, method in routes(demo.app):
            if method in SAFE or rule.endpoint in WITHOUT_CSRF:
                continue
            for who in ("chloe", "enid"):
                with writes_of(demo.app) as written:
                    response = sent(demo, who, method, things.address(rule), data={"a": "b"})
                if response.status_code != 400 or written:
                    taken.append(f"{method} {rule.endpoint} as {who}: {response.status_code} {written[:1]}")
        assert not taken, "\n".join(taken)

    @pytest.mark.parametrize("who", ["chloe", "enid"])
    def test_what_does_not_exist_is_not_found(self, who, demo, things):
        """An id that nothing has is answered as one that belongs to others, so that ids tell nothing."""
        wrong = []
        for rule, method in routes(demo.app):
            ids = [name for name in rule.arguments if name.endswith("_id")]
            if not ids or rule.endpoint in WITHOUT_GUARD:
                continue
            built = rule.build(ids_of_nothing(rule), append_unknown=False)
            said = says(sent(demo, who, method, built[1]))
            if said != "404":
                wrong.append(f"{method} {rule.endpoint} as {who}: {said}")
        assert not wrong, "\n".join(wrong)


def ids_of_nothing(rule: Rule) -> dict[str, Any]:
    known = {"seq": 987_654_321, "kind": "readings", "number": 9}
    return {name: uuid4() if name.endswith("_id") else known.get(name, "none") for name in rule.arguments}


def sent(demo: Demo, who: str | None, method: str, path: str, **more: Any) -> TestResponse:
    """The visitor asks, or sends the form of the page empty; what that did is undone."""
    with undone(demo.app):
        visitor = demo.browser(demo.people[who] if who else None)
        form = {"data": {"csrf_token": visitor.csrf_token}}
        return visitor.open(path, method=method, buffered=True, **(form | more))  # a file is closed again
