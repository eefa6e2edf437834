"""Answering a card that is due: graded, logged and said once, however often the page is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select

from lms import clock
from lms.catalog.markdown import plain
from lms.db import db
from lms.errors import RuleViolation
from lms.learning import queries as learning
from lms.people.models import User
from lms.policy import attempts, grading, responses
from lms.policy.grading import ItemScore
from lms.policy.items import Item
from lms.policy.practice import CardState, Kind
from lms.practice import queries
from lms.practice.models import PracticeCard, PracticeEntry
from lms.practice.queries import Asked
from lms.practice.service import card_log
from lms.statements import ledger
from lms.statements.events import Person, QuestionAnswered, Thing


class Named(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Answered:
    """`is_new` is False when the same page had been sent before."""

    entry: PracticeEntry
    is_new: bool


def answer(question: Asked, raw: Mapping[str, Any], *, sent_id: UUID, by: User, at: datetime) -> Answered:
    """Grade an answer to a card that is due today, and log it. The caller holds the card.

    The same page sent twice is one answer; a card that is not in today's review is refused.
    """
    card = question.card
    sent = db.session.scalar(select(PracticeEntry).where(PracticeEntry.sent_id == sent_id))
    if sent is not None:
        if sent.card_id != card.id:
            raise RuleViolation("practice_not_due")
        return Answered(sent, is_new=False)
    day = clock.local_day(at, by.zone)
    if card.id not in queries.today(by.id, day).waiting:
        raise RuleViolation("practice_not_due")
    item = drawn(question)
    response = responses.clean(item, raw)
    if not responses.is_answered(item, response):
        raise RuleViolation("answer_missing")
    score = grading.grade(item, response)
    before = card.answers, (day - card.last_on).days
    entry = card_log.append(
        card,
        Kind.ANSWERED,
        on=day,
        at=at,
        is_right=score.share == 1,
        response=response,
        item_version=item.version,
        sent_id=sent_id,
    )
    _say(question, item, response, score, entry, before, by=by, at=at)
    return Answered(entry, is_new=True)


def drawn(question: Asked) -> Item:
    """The question as it is asked now: a calculated one has new numbers each time."""
    return attempts.as_drawn(question.item, shown(question))


def shown(question: Asked) -> attempts.FormItem:
    """The order of its options: another one each time, the same on every look at the page."""
    return attempts.form_item(question.item, _seed(question.card, card_log.length(question.card.id)))


def drawn_before(question: Asked, entry: PracticeEntry) -> Item:
    """The question as it was asked when this answer was given."""
    return attempts.as_drawn(question.item, shown_before(question, entry))


def shown_before(question: Asked, entry: PracticeEntry) -> attempts.FormItem:
    return attempts.form_item(question.item, _seed(question.card, entry.number - 1))


def _seed(card: PracticeCard, seen_at: int) -> int:
    return attempts.check_seed(str(card.id), str(seen_at))


def _say(
    question: Asked,
    item: Item,
    response: Mapping[str, Any],
    score: ItemScore,
    entry: PracticeEntry,
    before: tuple[int, int],
    *,
    by: Named,
    at: datetime,
) -> None:
    person = Person(by.id, by.name)
    objective = next((one for one in question.course.objectives if one.key == item.objective), None)
    words = plain(item.prompt, question.course.glossary)
    ledger.record(
        QuestionAnswered(
            at=at,
            actor=person,
            learner=person,
            record_id=entry.id,
            place=learning.place(question.enrollment, question.card.step_key),
            attempt_id=question.card.id,
            item=Thing(item.key, words, item.version),
            interaction=responses.INTERACTION[item.type],
            prompt=words,
            response=responses.pattern(item, response),
            share=Fraction(score.share),
            objective=Thing(objective.key, objective.title) if objective else None,
            card_step=before[0],
            elapsed_days=before[1],
        )
    )


def begin_again(card: PracticeCard, user: User, at: datetime) -> None:
    """A card that was answered wrong three times comes back once its page was gone through again."""
    if card.state != CardState.STUCK.value:
        raise RuleViolation("practice_not_stuck")
    card_log.append(card, Kind.RESTARTED, on=clock.local_day(at, user.zone), at=at)
