"""What is said about courses, modules, chunks and attempts."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

from lms.statements import events as e
from lms.statements.home import Home
from lms.statements.sayings import (
    Activity,
    Builder,
    Interaction,
    Saying,
    Score,
    assessment,
    course,
    course_line,
    instructor,
    module,
    place_of,
    step,
    surroundings,
)
from lms.statements.vocabulary import ASSESSMENT_TYPE, Ext, Type, Verb, WaivedBecause


def course_assigned(event: e.CourseAssigned, home: Home) -> Saying:
    place = place_of(event)
    due: dict[str, Any] = {Ext.DUE_DATE: event.due_on.isoformat()} if event.due_on else {}
    return Saying(
        event.learner.id,
        Verb.WAS_ASSIGNED,
        course(home, place),
        grouping=(course_line(home, place),),
        instructor_id=instructor(event),
        extensions=due,
    )


def _about_course(verb: Verb) -> Builder:
    def build(event: e.Event, home: Home) -> Saying:
        place = place_of(event)
        return Saying(
            event.learner.id,
            verb,
            course(home, place),
            grouping=(course_line(home, place),),
            instructor_id=instructor(event),
            completion=True if verb is Verb.SATISFIED else None,
        )

    return build


def module_opened(event: e.ModuleOpened, home: Home) -> Saying:
    place = place_of(event)
    return Saying(
        event.learner.id,
        Verb.LAUNCHED,
        module(home, place),
        parent=course(home, place),
        grouping=surroundings(home, place),
        instructor_id=instructor(event),
    )


def chunk_completed(event: e.ChunkCompleted, home: Home) -> Saying:
    """The chunk is done, all of it; how far that brings the module is said beside it."""
    place = place_of(event)
    return Saying(
        event.learner.id,
        Verb.EXPERIENCED,
        step(home, place, Type.LESSON),
        parent=module(home, place),
        grouping=surroundings(home, place),
        completion=True,
        result_extensions={Ext.PROGRESS: 100},
        extensions={Ext.MODULE_PROGRESS: event.percent},
    )


def module_completed(event: e.ModuleCompleted, home: Home) -> Saying:
    place = place_of(event)
    return Saying(
        event.learner.id,
        Verb.COMPLETED,
        module(home, place),
        parent=course(home, place),
        grouping=surroundings(home, place),
        completion=True,
    )


def module_tested_out(event: e.ModuleTestedOut, home: Home) -> Saying:
    place = place_of(event)
    return Saying(
        event.learner.id,
        Verb.WAIVED,
        module(home, place),
        parent=course(home, place),
        grouping=surroundings(home, place),
        answers=event.passed_id,
        success=True,
        completion=True,
        result_extensions={Ext.REASON: WaivedBecause.TESTED_OUT.value},
    )


def step_waived(event: e.StepWaived, home: Home) -> Saying:
    place = place_of(event)
    return Saying(
        event.learner.id,
        Verb.WAIVED,
        step(home, place, None) if place.step else module(home, place),
        parent=module(home, place) if place.step else course(home, place),
        grouping=surroundings(home, place),
        instructor_id=instructor(event),
        success=True,
        completion=True,
        result_extensions={Ext.REASON: WaivedBecause.ADMINISTRATIVE.value},
    )


# Assessment


def attempt_started(event: e.AttemptStarted, home: Home) -> Saying:
    place = place_of(event)
    is_check = event.purpose == "check"
    return Saying(
        event.learner.id,
        Verb.ATTEMPTED,
        assessment(home, place, event.purpose),
        parent=step(home, place, Type.LESSON) if is_check else module(home, place),
        grouping=surroundings(home, place),
        extensions={
            Ext.ASSESSMENT_TYPE: ASSESSMENT_TYPE.get(event.purpose, event.purpose),
            Ext.ATTEMPT_ID: str(event.record_id),
            Ext.ATTEMPT_NUMBER: event.number,
            Ext.FORM_SEED: event.seed,
        },
    )


# What is typed into these is a person's own words: only its length is said.
WORDS = frozenset({"fill-in", "long-fill-in", "other"})


def question_answered(event: e.QuestionAnswered, home: Home) -> Saying:
    place = place_of(event)
    in_words = event.interaction in WORDS
    is_typed = in_words and event.interaction != "other"
    objective = event.objective
    return Saying(
        event.learner.id,
        Verb.ANSWERED,
        Activity(
            home.item(place, event.item),
            Type.INTERACTION,
            event.prompt or event.item.title,
            Interaction(event.interaction, event.components, event.targets, event.correct),
        ),
        parent=_asked_in(event, home),
        grouping=(
            *surroundings(home, place),
            *((step(home, place, None),) if event.card_step is not None else ()),
            Activity(home.item_line(place, event.item), Type.INTERACTION),
            *((Activity(home.objective(place, objective), Type.OBJECTIVE, objective.title),) if objective else ()),
        ),
        success=None if event.share is None else event.share == 1,
        score=None if event.share is None else _whole(event.share),
        response=None if in_words else event.response,
        result_extensions={Ext.RESPONSE_LENGTH: len(event.response)} if is_typed else {},
        extensions={Ext.ATTEMPT_ID: str(event.attempt_id), **_spacing(event)},
    )


def _asked_in(event: e.QuestionAnswered, home: Home) -> Activity:
    place = place_of(event)
    if event.card_step is not None:
        return Activity(home.card(place, event.item), Type.REINFORCEMENT_CARD, event.item.title)
    return assessment(home, place, event.purpose) if event.purpose else step(home, place, None)


def _spacing(event: e.QuestionAnswered) -> dict[str, Any]:
    said = {Ext.STEP: event.card_step, Ext.ELAPSED_DAYS: event.elapsed_days}
    return {name: value for name, value in said.items() if value is not None}


def _whole(share: Fraction) -> Score:
    return Score(raw=float(share), max=1, scaled=float(share))


def attempt_handed_in(event: e.AttemptHandedIn, home: Home) -> Saying:
    place = place_of(event)
    return Saying(
        event.learner.id,
        Verb.SUBMITTED,
        assessment(home, place, event.purpose),
        parent=module(home, place),
        grouping=surroundings(home, place),
        extensions={
            Ext.ASSESSMENT_TYPE: ASSESSMENT_TYPE.get(event.purpose, event.purpose),
            Ext.ATTEMPT_NUMBER: event.number,
        },
    )


def answer_scored(event: e.AnswerScored, home: Home) -> Saying:
    """What the scorer marked; the words of the comments stay with the two people."""
    place = place_of(event)
    return Saying(
        event.learner.id,
        Verb.SCORED,
        Activity(
            home.item(place, event.item), Type.INTERACTION, event.item.title, Interaction(event.interaction, (), (), ())
        ),
        parent=assessment(home, place, event.purpose),
        grouping=(*surroundings(home, place), Activity(home.item_line(place, event.item), Type.INTERACTION)),
        instructor_id=instructor(event),
        score=_whole(event.share),
        result_extensions={
            Ext.RUBRICS: [
                {"rubric": event.rubric, "criterion": criterion, "level": level} for criterion, level in event.levels
            ]
        },
        extensions={Ext.ATTEMPT_ID: str(event.attempt_id)},
    )


# An attempt is graded because it was handed in, its time was up or a person scored it; any other cause is a regrade.
SITTINGS = frozenset({"submitted", "expired", "scored"})


def attempt_graded(event: e.AttemptGraded, home: Home) -> Saying:
    """At most one `passed` per registration and assessment, as cmi5 has it; any later pass is `scored`."""
    place = place_of(event)
    is_check = event.purpose == "check"
    verb = Verb.SCORED
    if event.is_gate and event.passed and event.is_first_pass:
        verb = Verb.PASSED  # also by a regrade that turns the verdict
    elif event.is_gate and not event.passed and event.cause in SITTINGS:
        verb = Verb.FAILED
    extensions: dict[str, Any] = {
        Ext.ASSESSMENT_TYPE: ASSESSMENT_TYPE.get(event.purpose, event.purpose),
        Ext.ATTEMPT_NUMBER: event.number,
    }
    if event.is_gate:
        extensions[Ext.MASTERY_SCORE] = event.threshold_bp / 10_000
    if event.cause != "submitted":
        extensions[Ext.CAUSE] = event.cause
    scaled = float(event.earned / event.possible) if event.possible else 0.0
    return Saying(
        event.learner.id,
        verb,
        assessment(home, place, event.purpose),
        parent=step(home, place, Type.LESSON) if is_check else module(home, place),
        grouping=surroundings(home, place),
        instructor_id=instructor(event),
        success=event.passed if event.is_gate else None,
        score=Score(raw=float(event.earned), max=event.possible, scaled=scaled) if event.possible else None,
        duration=timedelta(seconds=max(event.seconds, 0)),
        extensions=extensions,
    )


def objective_mastered(event: e.ObjectiveMastered, home: Home) -> Saying:
    """Said of the objective of the course that teaches it, wherever it was shown: so evidence comes together."""
    place = place_of(event)
    taught_in = replace(place, course=replace(place.course, key=event.taught_in))
    return Saying(
        event.learner.id,
        Verb.MASTERED,
        Activity(home.objective(taught_in, event.objective), Type.OBJECTIVE, event.objective.title),
        grouping=surroundings(home, place),
        success=True,
        extensions={Ext.EVIDENCE: [str(event.evidence_id)]},
    )


LEARNING: dict[type[e.Event], Builder] = {
    e.CourseAssigned: course_assigned,
    e.EnrollmentActivated: _about_course(Verb.REGISTERED),
    e.EnrollmentWithdrawn: _about_course(Verb.UNREGISTERED),
    e.ModuleOpened: module_opened,
    e.ChunkCompleted: chunk_completed,
    e.ModuleCompleted: module_completed,
    e.ModuleTestedOut: module_tested_out,
    e.StepWaived: step_waived,
    e.CourseSatisfied: _about_course(Verb.SATISFIED),
    e.AttemptStarted: attempt_started,
    e.QuestionAnswered: question_answered,
    e.AttemptHandedIn: attempt_handed_in,
    e.AnswerScored: answer_scored,
    e.AttemptGraded: attempt_graded,
    e.ObjectiveMastered: objective_mastered,
}
