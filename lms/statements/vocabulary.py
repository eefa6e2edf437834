"""Every IRI of the product: verbs, activity types, extensions and our own profile. Nothing else spells one.

Where a word comes from stands above its group; `docs/statements.md` says which event uses it. Our own words
are used only where no published one fits, and live under a base that belongs to no customer.
"""

from enum import StrEnum

OURS = "https://w3id.org/fieldwork/xapi"
PROFILE_VERSION = f"{OURS}/v1"
# The specification that a profile document follows.
SPECIFICATION = "https://w3id.org/xapi/profiles"


class Verb(StrEnum):
    # ADL vocabulary, and its SCORM profile
    ANSWERED = "http://adlnet.gov/expapi/verbs/answered"
    ATTEMPTED = "http://adlnet.gov/expapi/verbs/attempted"
    COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
    EXPERIENCED = "http://adlnet.gov/expapi/verbs/experienced"
    FAILED = "http://adlnet.gov/expapi/verbs/failed"
    LAUNCHED = "http://adlnet.gov/expapi/verbs/launched"
    MASTERED = "http://adlnet.gov/expapi/verbs/mastered"
    PASSED = "http://adlnet.gov/expapi/verbs/passed"
    REGISTERED = "http://adlnet.gov/expapi/verbs/registered"
    SCORED = "http://adlnet.gov/expapi/verbs/scored"
    VOIDED = "http://adlnet.gov/expapi/verbs/voided"
    # cmi5
    SATISFIED = "https://w3id.org/xapi/adl/verbs/satisfied"
    WAIVED = "https://w3id.org/xapi/adl/verbs/waived"
    # AcrossX
    EVALUATED = "https://w3id.org/xapi/acrossx/verbs/evaluated"
    REPORTED = "https://w3id.org/xapi/acrossx/verbs/reported"
    WAS_ASSIGNED = "https://w3id.org/xapi/acrossx/verbs/was-assigned"
    # TLA master object model
    VERIFIED = "https://w3id.org/xapi/tla/verbs/verified"
    # TinCan registry
    UNREGISTERED = "http://id.tincanapi.com/verb/unregistered"
    # Activity Streams, in the older registry's spelling (…/schema/1.0/…), which most tools know
    APPROVED = "http://activitystrea.ms/schema/1.0/approve"
    ASSIGNED = "http://activitystrea.ms/schema/1.0/assign"
    CANCELED = "http://activitystrea.ms/schema/1.0/cancel"
    OPENED = "http://activitystrea.ms/schema/1.0/open"
    RETURNED = "http://activitystrea.ms/schema/1.0/return"
    SUBMITTED = "http://activitystrea.ms/schema/1.0/submit"
    UPDATED = "http://activitystrea.ms/schema/1.0/update"


DISPLAY: dict[Verb, str] = {
    Verb.ANSWERED: "answered",
    Verb.ATTEMPTED: "attempted",
    Verb.COMPLETED: "completed",
    Verb.EXPERIENCED: "experienced",
    Verb.FAILED: "failed",
    # ADL: "the display [should] mirror the behavior"; the step before it was finished, and the module opened.
    Verb.LAUNCHED: "opened",
    Verb.MASTERED: "mastered",
    Verb.PASSED: "passed",
    Verb.REGISTERED: "registered",
    Verb.SCORED: "scored",
    Verb.VOIDED: "voided",
    Verb.SATISFIED: "satisfied",
    Verb.WAIVED: "waived",
    Verb.EVALUATED: "evaluated",
    Verb.REPORTED: "reported",
    Verb.WAS_ASSIGNED: "was assigned",
    Verb.VERIFIED: "verified",
    Verb.UNREGISTERED: "unregistered",
    Verb.APPROVED: "approved",
    Verb.ASSIGNED: "assigned",
    Verb.CANCELED: "canceled",
    Verb.OPENED: "opened",
    Verb.RETURNED: "returned",
    Verb.SUBMITTED: "submitted",
    Verb.UPDATED: "updated",
}


class Type(StrEnum):
    # ADL vocabulary, and its SCORM profile
    ASSESSMENT = "http://adlnet.gov/expapi/activities/assessment"
    LESSON = "http://adlnet.gov/expapi/activities/lesson"
    MODULE = "http://adlnet.gov/expapi/activities/module"
    OBJECTIVE = "http://adlnet.gov/expapi/activities/objective"
    PERFORMANCE = "http://adlnet.gov/expapi/activities/performance"
    PROFILE = "http://adlnet.gov/expapi/activities/profile"
    # The xAPI specification itself
    INTERACTION = "http://adlnet.gov/expapi/activities/cmi.interaction"
    # cmi5; for every mention of a course, because an activity has one type and `satisfied` needs this one
    COURSE = "https://w3id.org/xapi/cmi5/activities/course"
    # Ours
    REINFORCEMENT_CARD = f"{OURS}/activity-types/reinforcement-card"
    SUBMISSION = f"{OURS}/activity-types/submission"
    TRANSFER = f"{OURS}/activity-types/transfer-activity"
    WORKSHEET = f"{OURS}/activity-types/worksheet"


class Ext(StrEnum):
    # cmi5
    MASTERY_SCORE = "https://w3id.org/xapi/cmi5/context/extensions/masteryscore"
    PROGRESS = "https://w3id.org/xapi/cmi5/result/extensions/progress"
    REASON = "https://w3id.org/xapi/cmi5/result/extensions/reason"
    # TinCan registry
    ASSESSMENT_TYPE = "http://id.tincanapi.com/extension/assessment-type"
    ATTEMPT_ID = "http://id.tincanapi.com/extension/attempt-id"
    # AcrossX
    RUBRICS = "https://w3id.org/xapi/acrossx/extensions/rubrics"
    # TLA master object model
    DUE_DATE = "https://w3id.org/xapi/tla/extensions/due_date"
    EVIDENCE = "https://w3id.org/xapi/tla/extensions/evidence"
    # The profile specification itself: which of several runs of a pattern in one registration it is
    SUBREGISTRATION = f"{SPECIFICATION}/extensions/subregistration"
    # Ours
    ADJUSTED = f"{OURS}/ext/adjusted"
    APPOINTMENTS = f"{OURS}/ext/appointments"
    ATTEMPT_NUMBER = f"{OURS}/ext/attempt-number"
    CALLS = f"{OURS}/ext/calls"
    CAPACITY = f"{OURS}/ext/capacity"
    CAUSE = f"{OURS}/ext/cause"
    CHANGED_FIELDS = f"{OURS}/ext/changed-fields"
    CONTACTS = f"{OURS}/ext/contacts"
    CRITERIA = f"{OURS}/ext/criteria"
    CRITERIA_MET = f"{OURS}/ext/criteria-met"
    ELAPSED_DAYS = f"{OURS}/ext/elapsed-days"
    FORM_SEED = f"{OURS}/ext/form-seed"
    FROM = f"{OURS}/ext/from"
    LEAD_COUNT = f"{OURS}/ext/lead-count"
    LEARNER = f"{OURS}/ext/learner"
    MET_MANAGER = f"{OURS}/ext/met-manager"
    MODE = f"{OURS}/ext/observation-mode"
    MODULE_PROGRESS = f"{OURS}/ext/module-progress"
    NUMBERS = f"{OURS}/ext/numbers"
    PRESENTATIONS = f"{OURS}/ext/presentations"
    REASON_CODES = f"{OURS}/ext/reason-codes"
    RESPONSE_LENGTH = f"{OURS}/ext/response-length"
    REVISION = f"{OURS}/ext/revision"
    ROUND = f"{OURS}/ext/round"
    STEP = f"{OURS}/ext/step"
    TO = f"{OURS}/ext/to"


# Numbers that many courses report have an extension each; others travel together under NUMBERS.
NUMBER: dict[str, Ext] = {
    "calls": Ext.CALLS,
    "contacts": Ext.CONTACTS,
    "presentations": Ext.PRESENTATIONS,
    "appointments": Ext.APPOINTMENTS,
}


class WaivedBecause(StrEnum):
    """cmi5's words for why something was waived."""

    TESTED_OUT = "Tested Out"
    ADMINISTRATIVE = "Administrative"


# The TinCan registry's words for kinds of assessment, by our purpose.
ASSESSMENT_TYPE: dict[str, str] = {
    "check": "formative",
    "formative": "formative",
    "pre": "pretest",
    "post": "posttest",
    "delayed": "delayed",
    "carry": "carry-over",
    "test_out": "test-out",
}
