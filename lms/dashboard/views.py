"""Home, team and person pages, the ledger about one person, and whether this server can serve. Read-only."""

import hmac
from datetime import date
from pathlib import Path
from uuid import UUID

from flask import Blueprint, Flask, current_app, jsonify, render_template, request, url_for
from flask_login import current_user
from markupsafe import Markup
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from lms import clock
from lms.assessment.scoring_queries import ANYBODY_WAITS
from lms.dashboard import (
    browser,
    browsing,
    health,
    leading,
    managing,
    metrics,
    queries,
    scoring,
    sentences,
    setup,
    team,
    today,
)
from lms.dashboard.words import course_state, status_words
from lms.learning import check_queries as checks
from lms.learning import standings
from lms.people import queries as people
from lms.people.queries import PersonRow
from lms.performance import drawings, numbers
from lms.policy.access import Permission, Role, Subject, allows
from lms.practice import queries as practice
from lms.statements import queries as statements
from lms.transfer import queries as transfer
from lms.transfer.queries import ActivityRow
from lms.transfer.queries import queue as transfer_queue
from lms.transfer.views import reviewing
from lms.web.guards import Loaded, actor, public, requires
from lms.web.input import bounded

bp = Blueprint("dashboard", __name__, template_folder="templates")
TOP_OF_QUEUE = 5
PAGE = 50
RECORD_PAGE = 50
COMPANY = "company"
NUMBERS_ON_TODAY = ("calls", "appointments", "deals_won", "revenue_won")
WEEKS_ON_TODAY = 13


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    # The queue is transfer's page; what else stands in it is known up here.
    reviewing.others_waiting = scoring.queue_lines
    transfer_queue.more_waits = ANYBODY_WAITS


def load_person(person_id: UUID) -> Loaded:
    person = people.person(person_id)
    if person is None:
        return None
    subject = people.subject(person_id, clock.company_day(clock.now()))
    return {"person": person, "subject": subject}, subject


@bp.get("/", endpoint="today")
@requires(Permission.SIGNED_IN)
def home() -> str:
    at = clock.now()
    on = clock.company_day(at)
    viewer = actor()
    me = people.person(current_user.id)
    if me is None:  # the viewer was read from this row a moment ago
        raise NotFound
    work = today.own_work(me.id, at)
    queue = transfer.waiting_on(me.id, on, at) if allows(viewer, Permission.QUEUE_VIEW) else ()
    hints = managing.editions_to_take(me.id, queue)
    is_admin = Role.ADMIN in viewer.roles
    has_queue = allows(viewer, Permission.QUEUE_VIEW)
    to_score = scoring.waiting_on(viewer, at)
    following = managing.manager_next(queue, hints, on) or scoring.scoring_next(to_score)
    if following is None and has_queue:
        following = leading.overdue_below(None if is_admin else me.id, me.id, on, at)
    due = checks.due_of(me.id, clock.local_day(at, me.zone))
    following = following or work.next
    if following is None and due:
        following, due = today.next_check(due), due[1:]
    steps = setup.setup_steps(on) if is_admin else ()
    if following is None and is_admin:
        following = setup.setup_next(steps) or leading.admin_next(on)
    # What the page opens with is not said again below it.
    rest = [row for row in queue if following is None or row.activity_id != following.values.get("activity_id")]
    shown = following.values.get("attempt_id") if following else None
    return render_template(
        "dashboard/today.html",
        me=me,
        week=today.week_of(me, on),
        next=following,
        work=work,
        queue=rest[:TOP_OF_QUEUE],
        to_score=[row for row in to_score if row.attempt_id != shown],
        queue_size=len(queue) + len(to_score),
        queue_minutes=sum(row.minutes for row in queue) + sum(row.minutes for row in to_score),
        checks=due,
        review=practice.today(me.id, clock.local_day(at, me.zone)),
        hints=hints,
        has_queue=has_queue,
        panels=_panels(me, on),
        weeks=WEEKS_ON_TODAY,
        parked=queries.parked() if is_admin else None,
        is_admin=is_admin,
        setup=steps,
    )


def _panels(person: PersonRow, on: date) -> list[tuple[numbers.Panel, Markup]]:
    """The few metrics that a home page shows, each as a word-sized line; others where those have no numbers."""
    found = numbers.panels(person, today=on, weeks=WEEKS_ON_TODAY)
    chosen = sorted(found, key=lambda panel: panel.metric.key not in NUMBERS_ON_TODAY)[: len(NUMBERS_ON_TODAY)]
    return [(panel, drawings.spark(panel)) for panel in chosen]


@bp.get("/people/<uuid:person_id>")
@requires(Permission.PERSON_VIEW, load=load_person)
def person(person: PersonRow, subject: Subject) -> str:
    viewer = actor()
    is_own = person.id == viewer.id
    on = clock.company_day(clock.now())
    may_enroll = allows(viewer, Permission.ENROLL, subject) and (person.left_on is None or person.left_on > on)
    (line,) = queries.people_lines([person])
    manager = people.person(subject.line[0]) if subject.line else None
    decides = allows(viewer, Permission.TRANSFER_DECIDE, subject)

    def activity_href(activity: ActivityRow) -> str:
        if decides:
            return url_for("transfer.review", activity_id=activity.activity_id)
        module_key, step_key = activity.step_key.split("/", 1)
        return url_for(
            "transfer.activity", enrollment_id=activity.enrollment_id, module_key=module_key, step_key=step_key
        )

    return render_template(
        "dashboard/person.html",
        person=person,
        is_own=is_own,
        first=person.name.split()[0],
        manager=manager,
        team=people.team_of(person.id, on),
        line=line,
        activities=transfer.statuses_of([person.id]),
        stayed=standings.of_person(checks.standings([person.id]), clock.local_day(clock.now(), person.zone)),
        activity_href=activity_href,
        status_words=status_words,
        course_state=course_state,
        may_enroll=may_enroll,
        may_see_record=allows(viewer, Permission.RECORD_VIEW, subject),
        is_above=viewer.id in subject.line,
        panels=_panels(person, on),
        weeks=WEEKS_ON_TODAY,
    )


@bp.get("/team", endpoint="team")
@requires(Permission.TEAM_VIEW)
def team_page() -> str:
    on = clock.company_day(clock.now())
    is_admin = Role.ADMIN in actor().roles
    asked = request.args.get("of")
    is_company = asked == COMPANY and is_admin
    head = None if asked is None or is_company else _manager_asked_for(asked, on)
    page = team.team_page(None if is_company else head.id if head else current_user.id, on)
    start = max(0, request.args.get("start", 0, type=bounded))
    return render_template(
        "dashboard/team.html",
        page=page,
        of=asked,
        head=head if head and head.id != current_user.id else None,
        is_company=is_company,
        may_see_company=is_admin and not is_company,
        lines=page.lines[start : start + PAGE],
        start=start,
        size=PAGE,
        course_state=course_state,
    )


def _manager_asked_for(asked: str, on: date) -> PersonRow:
    """Somebody whose team the viewer may see: themselves, a manager below them, for admins anybody."""
    try:
        manager = people.person(UUID(asked))
    except ValueError:
        manager = None
    # A delegate stands in for a manager's decisions, not for the place in the line: that opens no team page.
    if manager is None or not allows(actor(), Permission.RECORD_VIEW, people.subject(manager.id, on)):
        raise NotFound
    return manager


@bp.get("/record")
@requires(Permission.SIGNED_IN)
def record() -> str:
    me = people.person(current_user.id)
    if me is None:
        raise NotFound
    return _record_page(me, is_own=True)


@bp.get("/people/<uuid:person_id>/record")
@requires(Permission.RECORD_VIEW, load=load_person)
def record_of(person: PersonRow, subject: Subject) -> str:
    return _record_page(person, is_own=person.id == current_user.id)


def _record_page(person: PersonRow, *, is_own: bool) -> str:
    before = request.args.get("before", type=bounded)
    entries = statements.entries_about(person.id, before, RECORD_PAGE + 1)
    shown = entries[:RECORD_PAGE]
    earlier = None
    if len(entries) > RECORD_PAGE:
        earlier = url_for(str(request.endpoint), before=shown[-1].seq, **(request.view_args or {}))
    return render_template(
        "dashboard/record.html",
        person=person,
        is_own=is_own,
        first=person.name.split()[0],
        days=sentences.by_day(shown, person.name, current_user.zone),
        earlier=earlier,
        newest=url_for(str(request.endpoint), **(request.view_args or {})) if before is not None else None,
    )


@bp.get("/healthz")
@public
def healthz() -> Response:
    """This process answers; nothing else is asked, so that a slow database does not get it killed."""
    return jsonify(status="ok")


@bp.get("/readyz")
@public
def readyz() -> tuple[Response, int]:
    settings = current_app.config["SETTINGS"]
    migrations = Path(current_app.extensions["migrate"].directory)
    if not migrations.is_absolute():
        migrations = Path(current_app.root_path).parent / migrations
    found = health.readiness(settings.instance, migrations, clock.now())
    status = "not ready" if not found.is_ready else "late" if found.late else "ready"
    answer = jsonify(status=status, problems=found.problems, late=found.late, checks=found.checks)
    answer.headers["Cache-Control"] = "no-store"
    return answer, 200 if found.is_ready else 503


@bp.get("/metrics")
@public
def prometheus() -> Response:
    """For a monitoring system that knows LMS_METRICS_TOKEN; without that setting there is no such page."""
    settings = current_app.config["SETTINGS"]
    if settings.metrics_token is None:
        raise NotFound
    given = request.authorization
    token = given.token if given is not None and given.type == "bearer" else None
    if token is None or not hmac.compare_digest(token.encode(), settings.metrics_token.encode()):
        return Response("Send the token of LMS_METRICS_TOKEN.\n", 401, {"WWW-Authenticate": "Bearer"})
    answer = Response(metrics.text(settings.instance, clock.now()), content_type=CONTENT_TYPE_PLAIN_0_0_4)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/admin/statements", endpoint="statements")
@requires(Permission.SYSTEM_ADMIN)
def browse_statements() -> tuple[str, int]:
    return browsing.page(request)


@bp.get("/admin/statements/<uuid:statement_id>/stored")
@requires(Permission.SYSTEM_ADMIN)
def stored_statement(statement_id: UUID) -> str:
    found = browser.reading(statement_id)
    if found is None:
        raise NotFound
    return browsing.one(found)


@bp.get("/admin/statements/<uuid:statement_id>/stored.json")
@requires(Permission.SYSTEM_ADMIN)
def statement_file(statement_id: UUID) -> Response:
    body = browser.body_of(statement_id)
    if body is None:
        raise NotFound
    return browsing.as_kept(body, statement_id)
