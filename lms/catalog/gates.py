"""The gates of a course in words: what opens a module, what passes a test, what a transfer activity waits for."""

from lms.policy import later
from lms.policy.outline import Assessment, Course, Module, OpensNext, Preparation, Purpose, Step, Transfer

_OPENS = {
    OpensNext.CONFIRMATION: "when the manager has confirmed the reported numbers",
    OpensNext.RESULTS: "when the rep has reported the numbers",
    OpensNext.APPROVAL: "when the manager has approved the worksheet",
    OpensNext.SUBMISSION: "when the worksheet is submitted",
}
_PREPARATION = {
    Preparation.REQUIRED: "The manager must have finished the manager's edition before deciding.",
    Preparation.ADVISED: "The manager is advised to take the manager's edition first.",
    Preparation.NONE: "The manager needs no preparation.",
}


def module_opens(course: Course, module: Module) -> str:
    if not module.requires:
        return "Opens at once."
    titles = [f"“{course.module_by_key[key].title}”" for key in module.requires]
    words = titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"
    mastered = ", and the later check of what it builds on is passed" if later.mastery_keys(course, module) else ""
    return f"Opens when {words} {'is' if len(titles) == 1 else 'are'} finished{mastered}."


def step_gate(module: Module, step: Step) -> str:
    """One or two sentences; empty for a chunk, which is done when it has been read and its check answered."""
    if isinstance(step, Assessment):
        return _assessment(module, step)
    if isinstance(step, Transfer):
        return _transfer(step)
    return ""


def _assessment(module: Module, step: Assessment) -> str:
    percent = f"{step.threshold_bp / 100:g} percent"
    if step.purpose is Purpose.DELAYED:
        return f"Comes some weeks after the module; {percent} show that it has stayed. Nothing waits for it."
    if step.purpose is Purpose.TEST_OUT:
        waived = "the whole module" if module.test_out_waives_transfer else "chunks and post-test"
        return f"Optional. Passed at the test-out bar it waives {waived}. One try in 30 days."
    limits = f"{step.attempts} attempt{'s' if step.attempts != 1 else ''}"
    if step.attempts > 1 and step.cooldown_hours:
        limits += f", {step.cooldown_hours} hours apart"
    if step.minutes:
        limits += f", {step.minutes} minutes each"
    match step.purpose:
        case Purpose.PRE if module.has_test_out:
            waived = "the whole module" if module.test_out_waives_transfer else "chunks and post-test"
            return f"Optional. Passed at the test-out bar it waives {waived}. {limits}."
        case Purpose.PRE:
            return f"Optional, to see where one stands. {limits}."
        case Purpose.POST:
            return f"Passed with {percent}. {limits}."
        case Purpose.CARRY:
            return f"Asks again what an earlier course taught; {percent} show that it has stayed. {limits}."
        case _:
            return f"For practice. {limits}."


def _transfer(step: Transfer) -> str:
    seen = f"{step.observations} observation{'s' if step.observations != 1 else ''}"
    return (
        f"The sequence goes on {_OPENS[step.opens_next]}; {seen} or more by someone else. "
        f"The manager has {step.review_days} working days for the review, the rep {step.field_days} days in the field. "
        f"{_PREPARATION[step.preparation]}"
    )
