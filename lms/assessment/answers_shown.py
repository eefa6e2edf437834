"""Answers that a person scores, as pages show them: the words or the recording, the rubric, and what was marked."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from uuid import UUID

from flask import current_app, url_for
from markupsafe import Markup

from lms.assessment import scoring_queries
from lms.assessment.queries import Responses, Sitting
from lms.assessment.recordings import FOLDER, MB, Store
from lms.assessment.scoring_queries import ScoringRow
from lms.learning import pages
from lms.policy import grading, responses, rubric
from lms.policy.items import Item, ItemType, Media
from lms.policy.rubric import Criterion, Rubric


@dataclass(frozen=True, slots=True)
class RecorderView:
    """What the control of a recording needs: where a take is sent, and the one that is kept."""

    send_href: str
    hear_href: str
    is_video: bool
    most_bytes: int

    @property
    def most(self) -> int:
        return self.most_bytes // MB


@dataclass(frozen=True, slots=True)
class MarkedCriterion:
    """A criterion with what was marked; `level` is None before."""

    criterion: Criterion
    level: int | None
    comment: str

    @property
    def descriptor(self) -> str:
        return "" if self.level is None else self.criterion.levels[self.level - 1]


@dataclass(frozen=True, slots=True)
class AnswerView:
    """One answer, beside what it is scored on. `hear_href` is empty for who may not hear it; `is_gone`: nobody can."""

    key: str
    number: int
    is_recording: bool
    is_video: bool
    is_gone: bool
    prompt: Markup
    explanation: Markup
    text: str
    hear_href: str
    size: int
    rubric: Rubric
    criteria: tuple[MarkedCriterion, ...]
    earned: Fraction | None
    points: int


def store() -> Store:
    settings = current_app.config["SETTINGS"]
    return Store(settings.instance / FOLDER, settings.recording_megabytes * MB)


def records(items: tuple[Item, ...]) -> frozenset[Media]:
    """What a form has its learner record."""
    return frozenset(item.media for item in items if item.type is ItemType.RECORDING)


def hear(sitting: Sitting, response: Mapping[str, Any]) -> str:
    file = response.get("file")
    if not file:
        return ""
    return url_for("scoring.recording", attempt_id=sitting.attempt.id, recording_id=UUID(file))


def recorders(sitting: Sitting, answers: Responses) -> dict[str, RecorderView]:
    """By item key, for each recording of a form."""
    most = store().most
    found = {}
    for item in sitting.items:
        if item.type is ItemType.RECORDING:
            response = answers.get(item.key, {})
            take = scoring_queries.recording(UUID(response["file"])) if response else None
            found[item.key] = RecorderView(
                url_for("scoring.send", attempt_id=sitting.attempt.id, item_key=item.key),
                hear(sitting, response),
                take is not None and take.media_type.startswith("video/"),
                most,
            )
    return found


def scored_answers(
    sitting: Sitting, answers: Responses, scoring: ScoringRow | None, *, may_hear: bool
) -> tuple[AnswerView, ...]:
    """The answers of an attempt that a person scores, in the order of the form; `scoring`: what was marked."""
    shown = pages.renderer(sitting.enrollment, sitting.course, sitting.place[0])
    waiting = {item.key for item in grading.needs_person(sitting.items, answers)}
    found = []
    for number, item in enumerate(sitting.items, 1):
        if item.key not in waiting or item.rubric is None:
            continue
        response = answers[item.key]
        take = scoring_queries.recording(UUID(response["file"])) if item.type is ItemType.RECORDING else None
        levels = scoring.marks.get(item.key, {}).get("levels", {}) if scoring else {}
        found.append(
            AnswerView(
                item.key,
                number,
                item.type is ItemType.RECORDING,
                take is not None and take.media_type.startswith("video/"),
                item.type is ItemType.RECORDING and take is None,
                shown.block(item.prompt, 3, item.key),
                shown.block(item.explanation, 4, f"why-{item.key}"),
                responses.pattern(item, response) if item.type is ItemType.LONG_TEXT else "",
                hear(sitting, response) if take is not None and may_hear else "",
                take.size if take is not None else 0,
                item.rubric,
                tuple(
                    MarkedCriterion(
                        one,
                        scoring.level(item.key, one.key) if scoring else None,
                        scoring.comment(item.key, one.key) if scoring else "",
                    )
                    for one in item.rubric.criteria
                ),
                rubric.share(item.rubric, levels) * item.points if scoring else None,
                item.points,
            )
        )
    return tuple(found)
