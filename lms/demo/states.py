"""Where each of the thirty reps stands: a half-finished journey in every state, so that no page is empty."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lms.assessment import service as assessment
from lms.demo.answers import right
from lms.demo.journey import Journey
from lms.learning import service as learning
from lms.people.models import User
from lms.policy import sequencing
from lms.policy.outline import Assessment, Purpose
from lms.transfer import service as transfer


@dataclass(frozen=True, slots=True)
class StoryDay:
    at: datetime
    manager: User
    admin: User


@dataclass(frozen=True, slots=True)
class Story:
    """`starts_days_ago` None: no course yet."""

    starts_days_ago: int | None
    play: Callable[[Journey, StoryDay], None]
    what: str


def first_transfer(journey: Journey) -> str:
    return next(iter(journey.course.transfers))


def to_the_script(journey: Journey) -> str:
    """Everything before the first transfer activity."""
    journey.learn(share=0.85)
    return first_transfer(journey)


def _shortly_before(journey: Journey, day: StoryDay, **ago: float) -> None:
    """Move the clock to some time before today, if it is not there yet."""
    journey.now = max(journey.now, day.at - timedelta(**ago))


def not_assigned(_journey: Journey, _day: StoryDay) -> None:
    """Never called."""


def not_started(_journey: Journey, _day: StoryDay) -> None:
    """Assigned, nothing done."""


def some_chunks(journey: Journey, _day: StoryDay) -> None:
    journey.learn(steps=3, share=0.8)


def to_the_first_post_test(journey: Journey, _day: StoryDay) -> None:
    journey.learn(until=_post_test(journey), share=0.8)


def failed_once(journey: Journey, day: StoryDay) -> None:
    key = _post_test(journey)
    journey.learn(until=key, share=0.7)
    _shortly_before(journey, day, hours=5)
    journey.sit(key, share=0.4)


def attempt_open(journey: Journey, day: StoryDay) -> None:
    key = _post_test(journey)
    journey.learn(until=key, share=0.8)
    _shortly_before(journey, day, minutes=4)
    sitting = journey.start(key)
    for item in sitting.items[:4]:
        assessment.save_answer(sitting, item.key, right(item), client_id=item.key, at=journey.now)


def tested_out(journey: Journey, _day: StoryDay) -> None:
    for module in journey.course.modules:
        for step in module.steps:
            if isinstance(step, Assessment) and step.purpose is Purpose.PRE and module.has_test_out:
                journey.sit(module.step_key(step))
                journey.learn(steps=2)
                return


def writing(journey: Journey, day: StoryDay) -> None:
    key = to_the_script(journey)
    _shortly_before(journey, day, hours=6)
    journey.write(key, part=0.5)


def in_review(journey: Journey, day: StoryDay) -> None:
    key = to_the_script(journey)
    _shortly_before(journey, day, hours=20)
    journey.write(key)
    journey.submit(key)


def in_review_long(journey: Journey, day: StoryDay) -> None:
    key = to_the_script(journey)
    _shortly_before(journey, day, days=11)
    journey.write(key)
    journey.submit(key)


def returned(journey: Journey, day: StoryDay) -> None:
    key = to_the_script(journey)
    _shortly_before(journey, day, days=2)
    journey.write(key)
    journey.submit(key)
    journey.send_back(key, day.manager, journey.first_reason(key))


def second_round(journey: Journey, day: StoryDay) -> None:
    returned(journey, day)
    key = first_transfer(journey)
    journey.wait(days=0.5)
    journey.write(key, changes=journey.rewrite(key))
    journey.submit(key)


def adjusted(journey: Journey, day: StoryDay) -> None:
    key = to_the_script(journey)
    _shortly_before(journey, day, days=2)
    journey.write(key)
    journey.submit(key)
    journey.approve(key, day.manager, edits=journey.edit(key))


def approved(journey: Journey, day: StoryDay) -> None:
    key = to_the_script(journey)
    _shortly_before(journey, day, days=2)
    journey.write(key)
    journey.submit(key)
    journey.approve(key, day.manager)


def in_field(journey: Journey, day: StoryDay) -> None:
    key = to_the_script(journey)
    _shortly_before(journey, day, days=5)
    journey.write(key)
    journey.submit(key)
    journey.approve(key, day.manager)
    journey.release(key, day.manager)
    journey.tap(key, share=0.5)


def in_field_observed(journey: Journey, day: StoryDay) -> None:
    in_field(journey, day)
    journey.observe(first_transfer(journey), day.manager, levels=(3, 2, 0, 3, 4))


def results_in(journey: Journey, day: StoryDay) -> None:
    key = to_the_script(journey)
    _shortly_before(journey, day, days=7)
    journey.write(key)
    journey.submit(key)
    journey.approve(key, day.manager)
    journey.release(key, day.manager)
    journey.tap(key)
    journey.observe(key, day.manager)
    journey.report(key, note="Two of the accounts had changed hands.")


def queried(journey: Journey, day: StoryDay) -> None:
    results_in(journey, day)
    journey.query(
        first_transfer(journey), day.manager, "Your CRM shows fewer contacts that week. Which ones are missing there?"
    )


def verified_once(journey: Journey, day: StoryDay) -> None:
    key = to_the_script(journey)
    journey.whole_activity(key, day.manager, rounds=2)
    journey.learn(steps=2)


def verified_adjusted(journey: Journey, day: StoryDay) -> None:
    key = to_the_script(journey)
    journey.whole_activity(key, day.manager, edits=True)
    journey.learn(until=_practice_test(journey), share=0.9)
    _shortly_before(journey, day, days=5)
    journey.learn(share=0.9)


def second_activity(journey: Journey, day: StoryDay) -> None:
    key = to_the_script(journey)
    journey.whole_activity(key, day.manager)
    journey.learn()
    _shortly_before(journey, day, days=1)
    journey.score(day.manager)
    second = list(journey.course.transfers)[1]
    journey.write(second)
    journey.submit(second)


def waived(journey: Journey, day: StoryDay) -> None:
    key = to_the_script(journey)
    journey.write(key, part=0.4)
    row = journey.activity(key)
    transfer.waive(
        row, reason="Came from a competitor with a verified script of last year.", by=day.admin, at=journey.wait(days=1)
    )
    journey.learn(steps=2)


def withdrawn(journey: Journey, day: StoryDay) -> None:
    journey.learn(steps=4)
    learning.withdraw(
        journey.enrollment, reason="Moves to customer success next month.", by=day.admin, at=journey.wait(days=2)
    )


def finished(journey: Journey, day: StoryDay) -> None:
    for number, key in enumerate(journey.course.transfers):
        journey.learn(share=0.9)
        journey.score(day.manager)
        journey.whole_activity(key, day.manager, rounds=1 + number % 2)
    journey.learn(share=0.9)


def _practice_test(journey: Journey) -> str:
    """The test that a person scores."""
    return next(
        key
        for key, (_, step) in journey.course.steps.items()
        if isinstance(step, Assessment) and step.purpose is Purpose.FORMATIVE
    )


def _post_test(journey: Journey) -> str:
    return next(
        key
        for key, (_, step) in journey.course.steps.items()
        if isinstance(step, Assessment) and not sequencing.is_pretest(step)
    )


STATES = (
    # Milo
    Story(9, writing, "Rosa: half of her script is written"),
    Story(30, in_review, "Nils: his script waits on Milo"),
    Story(40, results_in, "Amara: numbers wait to be confirmed"),
    Story(60, in_field, "Jonah: in the field, not observed yet"),
    Story(90, verified_once, "Mei: the next module opened"),
    # Priya
    Story(20, some_chunks, "Caleb: first chunks"),
    Story(30, failed_once, "Ines: failed a post-test, cooling down"),
    Story(35, second_round, "Tobias: round two waits"),
    Story(70, verified_adjusted, "Ruth: verified with edits; her voicemail waits to be scored"),
    Story(120, finished, "Viktor: the whole course"),
    # Otis
    Story(15, not_started, "Olga: assigned, not begun"),
    Story(40, returned, "Hector: returned with reasons"),
    Story(45, approved, "Nora: waits for accounts"),
    Story(80, second_activity, "Samir: second activity in review"),
    Story(110, finished, "Elsa: the whole course"),
    # Lena, on leave
    Story(25, in_review, "Peter: waits on Lena, whom Otis stands in for"),
    Story(50, queried, "Chloe: her numbers were queried"),
    Story(55, in_field_observed, "Darius: observed once"),
    Story(75, tested_out, "Yuki: tested out of the first module"),
    Story(95, verified_once, "Hanna"),
    # Gus, slow
    Story(35, in_review_long, "Leo: waits so long that it was escalated"),
    Story(40, in_review_long, "Freya: the same"),
    Story(60, results_in, "Marcus: numbers wait"),
    Story(50, adjusted, "Anya: has edits to acknowledge"),
    Story(100, waived, "Owen: waived by an admin"),
    # Tara
    Story(12, attempt_open, "Bianca: in the middle of a test"),
    Story(30, to_the_first_post_test, "Kofi: before the post-test"),
    Story(45, in_review, "Greta: waits on Tara, who has not prepared yet"),
    Story(60, withdrawn, "Liam: withdrawn"),
    Story(None, not_assigned, "Zara: no course yet"),
)
