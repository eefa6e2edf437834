"""The day's review on the phone, one question at a time; what comes back when; and how one wants to practice."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import NotFound

from lms import clock
from lms.catalog import queries as catalog
from lms.catalog.markdown import Renderer
from lms.catalog.queries import AssetRow
from lms.db import db
from lms.errors import RuleViolation
from lms.learning import loading, pages, questions
from lms.learning.pages import Addresses
from lms.people import queries as people
from lms.people.models import User
from lms.people.queries import PersonRow
from lms.policy import grading, practice, responses
from lms.policy.access import Permission
from lms.policy.practice import CardState, Hold
from lms.practice import queries, service
from lms.practice.models import PracticeCard
from lms.practice.queries import Asked
from lms.web.authored import file_answer
from lms.web.guards import Loaded, requires, writes
from lms.web.input import bounded
from lms.web.wording import sentence

bp = Blueprint("practice", __name__, template_folder="templates")

HOLD_WORDS = {
    Hold.KEPT: "kept for good",
    Hold.FIRM: "held",
    Hold.DUE: "due again",
    Hold.NEW: "not asked yet",
    Hold.FADING: "fading",
    Hold.SLIPPED: "slipped: last answer was wrong",
    Hold.STUCK: "stuck: wrong three times in a row",
}
SCHEDULER_WORDS = [
    (
        "leitner",
        "Fixed steps: 1, 3, 7, 21 and 60 days",
        "Right moves a question one step on, wrong takes it back to the first.",
    ),
    (
        "fsrs",
        "Fitted to forgetting (FSRS)",
        "Works out from your answers when you would just begin to forget; up to 90 days.",
    ),
]


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)


def load_card(card_id: UUID) -> Loaded:
    return _loaded(queries.card(card_id))


def hold_card(card_id: UUID) -> Loaded:
    """The card, held until the answer is committed."""
    return _loaded(queries.card(card_id, for_update=True))


def _loaded(card: PracticeCard | None) -> Loaded:
    return None if card is None else ({"card": card}, loading.subject_of(card.user_id))


def _viewer() -> User:
    return db.session.get_one(User, current_user.id)


# ------------------------------------------------------------------------------------------------ today


@bp.get("/practice")
@requires(Permission.SIGNED_IN)
def review() -> ResponseReturnValue:
    """Today's review: the next question, or when there is one again."""
    user = _viewer()
    today = queries.today(user.id, clock.local_day(clock.now(), user.zone))
    for card_id in today.waiting:
        card = queries.card(card_id)
        question = queries.asked(card) if card is not None else None
        if question is not None:
            return _question_page(question, today, {})
    return render_template("practice/review.html", today=today, setting=queries.setting(user.id), stuck=_stuck(user.id))


def _stuck(user_id: UUID) -> list[tuple[Asked, str]]:
    """Questions that rest, each with the address of its page."""
    found = (queries.asked(card) for card in queries.cards_in(user_id, CardState.STUCK))
    return [(question, _page_of(question)) for question in found if question is not None]


def _page_of(question: Asked) -> str:
    """The page where it was learned, in the learner's own version."""
    key = question.card.step_key
    return Addresses(question.enrollment.id).of(catalog.course(question.enrollment.version_id).steps[key][1], key)


def _renderer(question: Asked) -> Renderer:
    """Texts and pictures of the version that the card reads from; links lead into the learner's own."""
    card = question.card
    way = Addresses(question.enrollment.id)
    steps = catalog.course(question.enrollment.version_id).steps

    def step_url(key: str) -> str:
        return way.step(key) if key in steps else way.trail  # a step that the learner's version does not have

    def asset_url(path: str) -> str:
        digest = question.course.assets.get(path, "")[:12]
        return url_for("practice.file", card_id=card.id, path=path, v=digest)

    if card.version_id is None:
        return pages.renderer(question.enrollment, question.course, question.module)
    return Renderer(card.version_id, question.module.key, asset_url, step_url)


def _question_page(
    question: Asked, today: queries.Today, given: Mapping[str, Any], problem: str = "", sent_id: UUID | None = None
) -> str:
    rendered = _renderer(question)
    return render_template(
        "practice/question.html",
        question=question,
        q=questions.view(today.answered + 1, service.drawn(question), service.shown(question), rendered, given),
        today=today,
        error=sentence(problem, longest=responses.LONGEST_TEXT) if problem else None,
        sent_id=sent_id or uuid4(),
    )


@bp.post("/practice/<uuid:card_id>")
@requires(Permission.LEARN, load=hold_card)
@writes
def answer(card: PracticeCard) -> ResponseReturnValue:
    """Answer a question of today's review; the page sent twice is one answer."""
    question = queries.asked(card)
    if question is None:
        raise NotFound
    user = _viewer()
    at = clock.now()
    item = service.drawn(question)
    given, refused = questions.cleaned([item], questions.of_form(request.form.getlist, [item]))
    response = given.get(item.key, {})
    sent_id = _sent_id()
    problem = refused.get(item.key) or responses.problem(item, response)
    if problem:
        today = queries.today(user.id, clock.local_day(at, user.zone))
        return _question_page(question, today, response, problem, sent_id), 422
    service.answer(question, response, sent_id=sent_id, by=user, at=at)
    return redirect(url_for(".answered", card_id=card.id), 303)


def _sent_id() -> UUID:
    try:
        return UUID(request.form.get("sent_id", ""))
    except ValueError:
        return uuid4()


@bp.get("/practice/<uuid:card_id>")
@requires(Permission.LEARN, load=load_card)
def answered(card: PracticeCard) -> ResponseReturnValue:
    """What the last answer was worth, why, and when the question comes back."""
    question, entry = queries.asked(card), queries.last_answer(card.id)
    if question is None or entry is None or entry.item_version != question.item.version:
        return redirect(url_for(".review"), 303)  # nothing was answered, or it reads another way since
    user = _viewer()
    form = service.shown_before(question, entry)
    item = service.drawn_before(question, entry)
    rendered = _renderer(question)
    return render_template(
        "practice/answered.html",
        question=question,
        q=questions.view(1, item, form, rendered, entry.response, score=grading.grade(item, entry.response)),
        card=card,
        entry=entry,
        step_href=_page_of(question),
        today=queries.today(user.id, clock.local_day(clock.now(), user.zone)),
    )


def load_file(card_id: UUID, path: str) -> Loaded:
    """Only of the module that the card's question stands in: what that module shows."""
    card = queries.card(card_id)
    question = queries.asked(card) if card is not None else None
    if card is None or question is None or not path.startswith(f"{question.module.key}/"):
        return None
    found = catalog.asset(card.version_id or question.enrollment.version_id, path)
    return None if found is None else ({"found": found}, loading.subject_of(card.user_id))


@bp.get("/practice/<uuid:card_id>/files/<path:path>")
@requires(Permission.LEARN, load=load_file)
def file(found: AssetRow) -> ResponseReturnValue:
    """A picture of a question that has followed its course to a newer version."""
    return file_answer(found.data, found.media_type, found.sha256)


@bp.post("/practice/<uuid:card_id>/again")
@requires(Permission.LEARN, load=hold_card)
@writes
def again(card: PracticeCard) -> ResponseReturnValue:
    """Take a question up again that was wrong three times in a row, after reading its page."""
    service.begin_again(card, _viewer(), clock.now())
    flash("The question is in your review again, from tomorrow.", "success")
    return redirect(url_for(".review"), 303)


# --------------------------------------------------------------------------------------------- settings


@bp.get("/practice/settings")
@requires(Permission.SIGNED_IN)
def settings() -> ResponseReturnValue:
    """How many a day, by which spacing, when a mail comes, and leave."""
    return _settings_page(queries.setting(current_user.id))


def _settings_page(shown: Any, problem: str = "", status: int = 200) -> ResponseReturnValue:
    return (
        render_template(
            "practice/settings.html",
            setting=shown,
            schedulers=SCHEDULER_WORDS,
            hour_choices=[(str(hour), f"from {hour}:00") for hour in range(24)],
            problem=problem,
        ),
        status,
    )


@bp.post("/practice/settings")
@requires(Permission.SIGNED_IN)
@writes
def configure() -> ResponseReturnValue:
    """Keep the settings; another spacing works every question out anew from its answers."""
    hour = request.form.get("hour", "")
    cap = request.form.get("cap", 0, type=bounded)
    try:
        service.configure(
            _viewer(),
            scheduler=request.form.get("scheduler", ""),
            cap=cap,
            hour=None if hour == "" else request.form.get("hour", 24, type=bounded),
        )
    except RuleViolation as refused:
        db.session.rollback()
        kept = queries.setting(current_user.id)
        return _settings_page(kept, sentence(refused.code, **refused.facts), 422)
    flash("Your settings are saved.", "success")
    return redirect(url_for(".settings"), 303)


@bp.post("/practice/leave")
@requires(Permission.SIGNED_IN)
@writes
def leave() -> ResponseReturnValue:
    """Away: nothing comes and nothing becomes overdue. Back: it goes on where it stopped."""
    user, at = _viewer(), clock.now()
    if request.form.get("back") == "yes":
        service.come_back(user, at)
        flash("Welcome back. Your review goes on where it stopped.", "success")
    else:
        service.leave(user, at)
        flash("Your review rests until you are back. Nothing becomes overdue meanwhile.", "success")
    return redirect(url_for(".settings"), 303)


# ------------------------------------------------------------------------------------------------- held


def load_person(person_id: UUID) -> Loaded:
    person = people.person(person_id)
    return None if person is None else ({"person": person}, people.subject(person_id, clock.company_day(clock.now())))


@bp.get("/people/<uuid:person_id>/practice")
@requires(Permission.PERSON_VIEW, load=load_person)
def held(person: PersonRow) -> ResponseReturnValue:
    """How well somebody holds what a course taught, objective by objective, in words."""
    user = db.session.get_one(User, person.id)
    return render_template(
        "practice/held.html",
        person=person,
        is_own=person.id == current_user.id,
        rows=queries.held(person.id, clock.local_day(clock.now(), user.zone)),
        words=HOLD_WORDS,
        holds=tuple(practice.Hold),
    )
