"""Questions of an upload as a learner would see them, before they come in."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from uuid import UUID

from flask import url_for

from lms.assessment import item_markdown
from lms.assessment.item_markdown import ItemRenderer
from lms.catalog import question_imports
from lms.catalog.exchange import candidates
from lms.catalog.exchange.report import Reading
from lms.catalog.models import StagedQuestions
from lms.catalog.question_imports import Placed
from lms.learning import questions
from lms.learning.questions import QuestionView
from lms.policy import attempts
from lms.policy.items import Item

MOST_KEPT = 2
ANY_OBJECTIVE = "any"  # the pictures of a question do not depend on it
_kept: OrderedDict[UUID, tuple[Reading, ...]] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Preview:
    """`q`: the question unanswered; `item` and `markdown` for its key."""

    q: QuestionView
    item: Item
    markdown: ItemRenderer


def readings(kept: StagedQuestions) -> tuple[Reading, ...]:
    """What an upload holds; read once for its pages and pictures, as an upload does not change."""
    with _lock:
        found = _kept.get(kept.id)
    if found is None:
        found = question_imports.readings(kept.content)
        with _lock:
            _kept[kept.id] = found
            while len(_kept) > MOST_KEPT:
                _kept.popitem(last=False)
    return found


def of(questions_id: UUID, number: int, row: Placed) -> Preview | None:
    """The question with this number of the upload; None for one that does not come in."""
    if row.item is None:
        return None
    markdown = item_markdown.renderer(
        questions_id, lambda path: url_for("exchange.picture", questions_id=questions_id, number=number, path=path)
    )
    shown = attempts.form_item(row.item, number)
    item = attempts.as_drawn(row.item, shown)
    return Preview(questions.view(number, item, shown, markdown, {}), row.item, markdown)


def picture(kept: StagedQuestions, number: int, path: str) -> bytes | None:
    """A picture of the question with this number."""
    found = candidates.of_readings(readings(kept), ANY_OBJECTIVE)
    return found[number - 1].files.get(path) if 0 < number <= len(found) else None
