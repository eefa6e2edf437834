"""Who is told by mail that something waits to be scored, and that it was scored. Nothing of an answer or a comment."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from lms import clock
from lms.assessment.queries import Sitting
from lms.mail import service as mail
from lms.people import queries as people
from lms.people.queries import PersonRow
from lms.statements import home

WAITS = """Hello {name},

{learner} handed in “{title}”, and {what} in it {needs} a person to score. The rubric stands beside each answer.

{link}
"""
SCORED = """Hello {name},

{scorer} scored “{title}”: {result}. The page shows the level and the comment of each criterion.

{link}
"""
REVISED = """Hello {name},

{scorer} looked at “{title}” again, and scored it differently. {change}

Why: {reason}

{link}
"""


def scorers(learner_id: UUID, at: datetime) -> tuple[PersonRow, ...]:
    """On whom scoring waits that day: the acting manager first, then delegates; admins where nobody is above."""
    approvers = people.acting_approvers(learner_id, clock.company_day(at))
    known = people.people(approvers.all)
    return tuple(sorted(known.values(), key=lambda row: (row.id != approvers.manager_id, row.name, row.id)))


def tell_scorers(sitting: Sitting, learner: str, scorers: Sequence[PersonRow], *, to_score: int, at: datetime) -> None:
    what = "one answer" if to_score == 1 else f"{to_score} answers"
    link = f"{home.current().base}/attempts/{sitting.attempt.id}/scoring"
    for row in scorers:
        mail.owe(
            row.email,
            user_id=row.id,
            kind="scoring_waits",
            subject=f"{learner} handed in “{sitting.form.title}”: {what} to score",
            text=WAITS.format(
                name=row.name,
                learner=learner,
                title=sitting.form.title,
                what=what,
                needs="needs" if to_score == 1 else "need",
                link=link,
            ),
            at=at,
            dedupe_key=f"scoring_waits/{sitting.attempt.id}/{row.id}",
        )


def tell_late(
    sitting: Sitting, to: Iterable[PersonRow], occasion: str, subject: str, sentence: str, *, at: datetime
) -> None:
    link = f"{home.current().base}/attempts/{sitting.attempt.id}/scoring"
    for row in to:
        mail.owe(
            row.email,
            user_id=row.id,
            kind="scoring_waits",
            subject=subject,
            text=f"Hello {row.name},\n\n{sentence}\n\n{link}\n",
            at=at,
            dedupe_key=f"scoring_late/{sitting.attempt.id}/{occasion}/{row.id}",
        )


def tell_learner(sitting: Sitting, scorer: str, result: str, *, at: datetime) -> None:
    subject = f"{scorer} scored “{sitting.form.title}”"
    _tell_learner(sitting, "attempt_scored", subject, SCORED, "", at=at, scorer=scorer, result=result)


def tell_revised(sitting: Sitting, scorer: str, change: str, reason: str, *, number: int, at: datetime) -> None:
    subject, said = f"{scorer} looked at “{sitting.form.title}” again", {"change": change, "reason": reason}
    _tell_learner(sitting, "attempt_rescored", subject, REVISED, f"/{number}", at=at, scorer=scorer, **said)


def _tell_learner(
    sitting: Sitting, kind: str, subject: str, letter: str, occasion: str, *, at: datetime, **said: str
) -> None:
    """`occasion`: what tells this letter from others of its kind about the same attempt."""
    learner = people.person(sitting.enrollment.user_id)
    if learner is None:
        return
    link = f"{home.current().base}/attempts/{sitting.attempt.id}/result"
    mail.owe(
        learner.email,
        user_id=learner.id,
        kind=kind,
        subject=subject,
        text=letter.format(name=learner.name, title=sitting.form.title, link=link, **said),
        at=at,
        dedupe_key=f"{kind}/{sitting.attempt.id}{occasion}",
    )
