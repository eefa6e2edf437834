"""Our own words as an xAPI profile (JSON-LD), so that whoever reads our statements can look up what they mean.

The chain of a transfer activity stands in `profile_chain.py`.
"""

import json
from typing import Any

from lms.statements import profile_chain
from lms.statements.build import LANGUAGE
from lms.statements.vocabulary import OURS, PROFILE_VERSION, SPECIFICATION, Ext, Type

# The day version 1 was written down; a word that is added or changed makes a new version.
PUBLISHED = "2026-11-22T00:00:00Z"

TYPES: dict[Type, tuple[str, str]] = {
    Type.TRANSFER: (
        "transfer activity",
        "An exercise on the job that the learner's own manager verifies, and on which the course waits.",
    ),
    Type.REINFORCEMENT_CARD: ("practice card", "What brings a question of a course back after growing intervals."),
    Type.SUBMISSION: ("submission", "One revision of a learner's worksheet, as it was handed in for review."),
    Type.WORKSHEET: ("field results", "The numbers that a learner reports from the field part of an exercise."),
}

RESULT, CONTEXT = "ResultExtension", "ContextExtension"
WHOLE: dict[str, Any] = {"type": "integer", "minimum": 0}
YES_NO = {"type": "boolean"}
TEXT = {"type": "string"}
DAY = {"type": "string", "format": "date"}

EXTENSIONS: dict[Ext, tuple[str, str, str, dict[str, Any]]] = {
    Ext.ADJUSTED: (CONTEXT, "adjusted", "Whether the approver changed the work before approving it.", YES_NO),
    Ext.APPOINTMENTS: (RESULT, "appointments", "How many appointments were set.", WHOLE),
    Ext.ATTEMPT_NUMBER: (CONTEXT, "attempt number", "Which attempt of this learner it is, from 1.", WHOLE),
    Ext.CALLS: (RESULT, "calls", "How many calls were made.", WHOLE),
    Ext.CAPACITY: (CONTEXT, "capacity", "As what the approver acted: manager, delegate, stand_in or admin.", TEXT),
    Ext.CAUSE: (CONTEXT, "cause", "Why an attempt was graded, if not because it was submitted.", TEXT),
    Ext.CHANGED_FIELDS: (CONTEXT, "changed fields", "How many fields the approver changed.", WHOLE),
    Ext.CONTACTS: (RESULT, "contacts", "How many of the calls reached the person.", WHOLE),
    Ext.CRITERIA: (CONTEXT, "criteria", "How many criteria the work was reviewed against.", WHOLE),
    Ext.CRITERIA_MET: (CONTEXT, "criteria met", "How many of the criteria the work met.", WHOLE),
    Ext.ELAPSED_DAYS: (CONTEXT, "elapsed days", "Days since the question was answered last.", WHOLE),
    Ext.FORM_SEED: (CONTEXT, "form seed", "The number that the order of the questions was drawn with.", WHOLE),
    Ext.FROM: (CONTEXT, "from", "The first day of the reported period.", DAY),
    Ext.LEAD_COUNT: (CONTEXT, "lead count", "How many leads the manager handed over.", WHOLE),
    Ext.LEARNER: (
        CONTEXT,
        "learner",
        "Whose learning it concerns, where somebody else is the actor: an agent with an account.",
        {"type": "object", "required": ["account"]},
    ),
    Ext.MET_MANAGER: (CONTEXT, "met manager", "Whether the learner says to have met the manager about it.", YES_NO),
    Ext.MODE: (CONTEXT, "observation mode", "How it was observed: live, recorded or joint.", TEXT),
    Ext.MODULE_PROGRESS: (
        CONTEXT,
        "module progress",
        "How much of the module is done now, in percent of its steps.",
        {"type": "integer", "minimum": 0, "maximum": 100},
    ),
    Ext.NUMBERS: (
        RESULT,
        "numbers",
        "Reported numbers that have no extension of their own, by the course's own keys.",
        {"type": "object", "additionalProperties": {"type": "integer"}},
    ),
    Ext.PRESENTATIONS: (RESULT, "presentations", "How many presentations were given.", WHOLE),
    Ext.REASON_CODES: (
        CONTEXT,
        "reason codes",
        "The keys of the criteria because of which work was returned. The words stay with the two people.",
        {"type": "array", "items": {"type": "string"}},
    ),
    Ext.RESPONSE_LENGTH: (
        RESULT,
        "response length",
        "How many characters were typed; the text itself is not sent.",
        WHOLE,
    ),
    Ext.REVISION: (CONTEXT, "revision", "Which revision of the worksheet it is.", WHOLE),
    Ext.ROUND: (CONTEXT, "round", "Which round of review it is.", WHOLE),
    Ext.STEP: (CONTEXT, "step", "How often the practice card had been answered before.", WHOLE),
    Ext.TO: (CONTEXT, "to", "The last day of the reported period.", DAY),
}


def document() -> dict[str, Any]:
    """The profile: concepts, a template for each step of a transfer activity, and the patterns they follow."""
    return {
        "@context": f"{SPECIFICATION}/context",
        "id": OURS,
        "type": "Profile",
        "conformsTo": f"{SPECIFICATION}#1.0",
        "prefLabel": _text("Fieldwork"),
        "definition": _text(
            "Training that counts once it shows in the field: the words no published profile has, and the chain of "
            "statements from a worksheet to numbers that the learner's manager confirmed. Statements that were voided "
            "are no part of a chain."
        ),
        "versions": [{"id": PROFILE_VERSION, "generatedAtTime": PUBLISHED}],
        "author": {"type": "Organization", "name": "Fieldwork"},
        "concepts": [*_types(), *_extensions()],
        "templates": [_template(name, step) for name, step in profile_chain.STEPS.items()],
        "patterns": [_pattern(name, part) for name, part in profile_chain.PATTERNS.items()],
    }


def _types() -> list[dict[str, Any]]:
    return [_concept(word, "ActivityType", label, definition) for word, (label, definition) in TYPES.items()]


def _extensions() -> list[dict[str, Any]]:
    return [
        # As a string: so the specification says in words, and so every published profile has it.
        {**_concept(word, kind, label, definition), "inlineSchema": json.dumps(schema)}
        for word, (kind, label, definition, schema) in EXTENSIONS.items()
    ]


def _concept(word: str, kind: str, label: str, definition: str) -> dict[str, Any]:
    return {
        "id": str(word),
        "type": kind,
        "inScheme": PROFILE_VERSION,
        "prefLabel": _text(label),
        "definition": _text(definition),
    }


def _template(name: str, step: profile_chain.Step) -> dict[str, Any]:
    made = _concept(_id(name), "StatementTemplate", name, step.definition) | {"verb": step.verb.value}
    if step.about is not None:
        made["objectActivityType"] = step.about.value
    if step.about_statement:
        made["objectStatementRefTemplate"] = [_id(step.about_statement)]
    if step.answers:
        made["contextStatementRefTemplate"] = [_id(step.answers)]
    made["rules"] = [
        *({"location": location, "presence": "included"} for location in (*profile_chain.EVERYWHERE, *step.holds)),
        *({"location": location, "all": [value]} for location, value in step.says),
    ]
    return made


def _pattern(name: str, part: profile_chain.Part) -> dict[str, Any]:
    made = _concept(_id(name), "Pattern", part.label, part.definition or part.label)
    ids = [_id(inner) for inner in part.of]
    return {**made, "primary": bool(part.definition), part.how: ids if part.how in MANY else ids[0]}


MANY = frozenset({"sequence", "alternates"})


def _id(name: str) -> str:
    folder = "templates" if name in profile_chain.STEPS else "patterns"
    return f"{OURS}/{folder}/{name}"


def _text(text: str) -> dict[str, str]:
    return {LANGUAGE.partition("-")[0]: text}
