"""What happens in one transfer activity as our profile tells it: a template for each step, and the order they follow.

The patterns are matched greedily and without going back (xAPI Profiles, part 3, 2.2), so that each must know by its
first statement whether it is meant. Statements that were voided do not count.
"""

from dataclasses import dataclass

from lms.statements.vocabulary import Ext, Type, Verb


@dataclass(frozen=True, slots=True)
class Step:
    """A statement's verb and what it is about: an activity, or a statement of another step.

    `answers`: the step that its context refers to. `holds`: what must be there. `says`: what must be there with this
    value.
    """

    definition: str
    verb: Verb
    about: Type | None = None
    about_statement: str = ""
    answers: str = ""
    holds: tuple[str, ...] = ()
    says: tuple[tuple[str, bool | str], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """`how` (sequence, alternates, optional, oneOrMore, zeroOrMore) the steps or parts `of` it follow each other.

    Only a whole chain has a `definition`.
    """

    label: str
    how: str
    of: tuple[str, ...]
    definition: str = ""


def _context(*words: Ext) -> tuple[str, ...]:
    return tuple(f"$.context.extensions['{word}']" for word in words)


def _result(*words: Ext) -> tuple[str, ...]:
    return tuple(f"$.result.extensions['{word}']" for word in words)


EVERYWHERE = ("$.context.registration", "$.timestamp", *_context(Ext.SUBREGISTRATION))

STEPS: dict[str, Step] = {
    "submitted": Step("The learner hands in a revision of the worksheet for review.", Verb.SUBMITTED, Type.SUBMISSION),
    "returned": Step(
        "The approver sends the worksheet back, with the criteria that it does not meet yet.",
        Verb.RETURNED,
        Type.SUBMISSION,
        answers="submitted",
        holds=_context(Ext.REASON_CODES, Ext.CAPACITY),
    ),
    "updated": Step(
        "The approver changed the worksheet before approving it; “approved” follows in the same act.",
        Verb.UPDATED,
        Type.SUBMISSION,
        holds=_context(Ext.CHANGED_FIELDS),
    ),
    "approved": Step(
        "The approver finds the worksheet good enough to work by.",
        Verb.APPROVED,
        Type.SUBMISSION,
        answers="submitted",
        holds=_context(Ext.ADJUSTED, Ext.CRITERIA_MET, Ext.CRITERIA, Ext.CAPACITY),
    ),
    "assigned": Step(
        "The approver sends the learner into the field, with accounts to work on or without.",
        Verb.ASSIGNED,
        Type.SUBMISSION,
        holds=_context(Ext.LEAD_COUNT),
    ),
    "evaluated": Step(
        "The approver observed the learner at work and scored each behavior.",
        Verb.EVALUATED,
        Type.PERFORMANCE,
        holds=("$.result.duration", *_result(Ext.RUBRICS), *_context(Ext.MODE)),
    ),
    "reported": Step(
        "The learner reports the numbers of the work in the field.",
        Verb.REPORTED,
        Type.WORKSHEET,
        holds=_context(Ext.FROM, Ext.TO, Ext.MET_MANAGER),
    ),
    "verified": Step(
        "The approver confirms the reported numbers, or corrects them.",
        Verb.VERIFIED,
        about_statement="reported",
        holds=_context(Ext.CAPACITY),
    ),
    "completed": Step(
        "With that the transfer activity is done; what waited for it opens.",
        Verb.COMPLETED,
        Type.TRANSFER,
        says=(("$.result.success", True), ("$.result.completion", True)),
    ),
    "opened": Step(
        "A completed transfer activity is taken up again; its “completed” is voided.", Verb.OPENED, Type.TRANSFER
    ),
    "waived": Step(
        "Somebody entitled to lets the learner go on without it.",
        Verb.WAIVED,
        Type.TRANSFER,
        holds=_result(Ext.REASON),
    ),
    "canceled": Step(
        "It ends unfinished, as the enrollment ended or did not need it any more.", Verb.CANCELED, Type.TRANSFER
    ),
}

PATTERNS: dict[str, Part] = {
    "transfer": Part(
        "transfer",
        "sequence",
        ("rounds", "assigned", "field", "verified", "reopenings", "completed"),
        "From a worksheet to numbers from the field that were confirmed.",
    ),
    "transfer-ended": Part(
        "transfer, ended early",
        "sequence",
        ("submissions", "maybe-field", "end"),
        "A transfer activity that was waived or canceled, wherever it stood.",
    ),
    # Completed: every submission was answered in the end.
    "rounds": Part("rounds of review", "oneOrMore", ("round",)),
    "round": Part(
        "from a submission to its approval", "sequence", ("submitted", "resubmissions", "maybe-updated", "approved")
    ),
    "resubmissions": Part("returned and submitted again, any number of times", "zeroOrMore", ("resubmission",)),
    "resubmission": Part("returned and submitted again", "sequence", ("returned", "submitted")),
    "maybe-updated": Part("adjusted, or not", "optional", ("updated",)),
    "field": Part("the work in the field", "oneOrMore", ("field-act",)),
    "field-act": Part("an act in the field", "alternates", ("evaluated", "reported")),
    "reopenings": Part("reopened and verified again, any number of times", "zeroOrMore", ("reopening",)),
    "reopening": Part("reopened and verified again", "sequence", ("opened", "field-acts", "verified")),
    "field-acts": Part("acts in the field, if any", "zeroOrMore", ("field-act",)),
    # Ended early: the last submission may be unanswered, the last work in the field unconfirmed.
    "submissions": Part("submissions, if any", "zeroOrMore", ("submission",)),
    "submission": Part("a submission and perhaps its answer", "sequence", ("submitted", "maybe-answer")),
    "maybe-answer": Part("answered, or not", "optional", ("answer",)),
    "answer": Part("the answer to a submission", "alternates", ("returned", "approved", "adjusted")),
    "adjusted": Part("approved with changes", "sequence", ("updated", "approved")),
    "maybe-field": Part("in the field, or not", "optional", ("begun-field",)),
    "begun-field": Part(
        "work in the field, perhaps unfinished", "sequence", ("assigned", "field-acts", "confirmations")
    ),
    "confirmations": Part("confirmations that were taken back, if any", "zeroOrMore", ("confirmation",)),
    "confirmation": Part("a confirmation that was taken back", "sequence", ("verified", "opened", "field-acts")),
    "end": Part("the end", "alternates", ("waived", "canceled")),
}
