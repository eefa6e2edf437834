"""A ledger entry as a sentence, for the person it concerns: who did what, to what, and the facts that were kept."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from itertools import groupby
from typing import Any

from lms import clock
from lms.statements.queries import Entry

SENTENCES: Mapping[str, str] = {
    "course_assigned": "{actor} assigned {subject} the course {title}{due}.",
    "enrollment_activated": "{title} opened for {subject}.",
    "enrollment_paused": "{actor} paused {title} for {subject}.",
    "enrollment_resumed": "{actor} let {subject} go on with {title}.",
    "enrollment_withdrawn": "{actor} withdrew {subject} from {title}.",
    "module_opened": "The module {title} opened for {subject}{because}.",
    "chunk_completed": "{subject} finished the chunk {title}.",
    "module_completed": "{subject} completed the module {title}.",
    "module_tested_out": "{subject} tested out of the module {title}.",
    "step_waived": "{actor} waived {title} for {subject}.",
    "course_satisfied": "{subject} satisfied the course {title}.",
    "attempt_started": "{subject} started {attempt} of {title}.",
    "question_answered": "{subject} answered a question of {title}.",
    "attempt_handed_in": "{subject} handed in {attempt} of {title}{to_scorer}.",
    "answer_scored": "{actor} scored an answer of {title}.",
    "scoring_reminded": "Whoever scores {title} was reminded.",
    "scoring_escalated": "{title} waited too long to be scored and was escalated{to_person}.",
    "attempt_graded": "{subject} {verdict} {title}.",
    "objective_mastered": "{subject} showed that {objective_title} has stayed.",
    "objectives_slipped": "{subject} did not know all of {title} any more; the daily review brings it back.",
    "accommodation_changed": "{actor} {change} for {subject}.",
    "attempt_granted": "{actor} gave {subject} one more attempt of {title}.",
    "worksheet_submitted": "{subject} submitted {title}, round {round}{to_approver}.",
    "submission_withdrawn": "{subject} took back the submission of {title}.",
    "worksheet_adjusted": "{actor} edited {title}: {changed_fields} changed.",
    "worksheet_approved": "{actor} approved {title}{with_edits}{as_capacity}.",
    "worksheet_returned": "{actor} returned {title}{as_capacity}.",
    "adjustment_acknowledged": "{subject} acknowledged the manager’s edits to {title}.",
    "leads_handed_over": "{actor} handed over {leads} for {title}.",
    "rep_observed": "{actor} observed {subject} for {title}: {points} of {points_possible} points.",
    "results_reported": "{subject} reported numbers for {title}: {numbers}.",
    "results_queried": "{actor} queried the numbers of {title}.",
    "results_confirmed": "{actor} confirmed the numbers of {title}{corrections}{as_capacity}.",
    "transfer_completed": "{subject} completed the transfer activity {title}.",
    "transfer_waived": "{actor} waived the transfer activity {title}.",
    "transfer_cancelled": "The transfer activity {title} was cancelled.",
    "transfer_reopened": "{actor} reopened {title}.",
    "review_reminded": "The reviewer of {title} was reminded.",
    "review_escalated": "{title} waited too long and was escalated{to_person}.",
    "preparation_overridden": "{actor} let {title} be decided without the manager’s edition.",
    "account_changed": "{actor} changed the account of {subject}: {change}.",
    "line_changed": "{actor} set whom {subject} reports to{new_manager}.",
    "delegation_made": "{actor} named {delegate_name} as delegate of {subject}, {starts_on} to {ends_on}.",
    "course_published": "{actor} published {title}.",
    "item_moved": "{actor} moved the question {title} in its review.",
    "item_repaired": "{actor} repaired the question {title}.",
    "file_imported": "{actor} imported a file of {what}.",
    "metric_changed": "{actor} {change} the metric {name}.",
    "statement_resent": "{actor} sent a statement again.",
    "mail_sent_again": "{actor} sent the mail “{mail}” to {subject} again.",
    "credential_changed": "{actor} {change} the xAPI credential {name}.",
    "store_changed": "{actor} {change} the record store {name}.",
}
ACCOUNT_SENTENCES: Mapping[str, str] = {
    "created": "{actor} made the account of {subject}.",
    "details_changed": "{actor} changed details of {subject}: {fields}.",
    "zone_changed": "{actor} changed the time zone of {subject} to {after}.",
    "role_granted": "{actor} granted {subject} the role {role}.",
    "role_revoked": "{actor} took the role {role} from {subject}.",
    "left": "{actor} recorded that {subject} left on {left_on}.",
    "returned": "{actor} recorded that {subject} came back.",
    "password_changed": "{actor} changed the password of {subject}.",
    "signed_out_everywhere": "{actor} ended every session of {subject}.",
    "invited": "{actor} invited {subject} to choose a password.",
    "team_changed": "{actor} set the team of {subject}: {team}.",
    "delegation_ended": "{actor} ended the delegation of {subject} to {delegate}.",
}
# The same said of oneself.
OWN_SENTENCES: Mapping[str, str] = {
    "course_assigned": "{actor} took the course {title}{due}.",
    "details_changed": "{actor} changed their details: {fields}.",
    "zone_changed": "{actor} changed their time zone to {after}.",
    "password_changed": "{actor} changed their password.",
    "signed_out_everywhere": "{actor} ended all their sessions.",
    "delegation_made": "{actor} named {delegate_name} as delegate, {starts_on} to {ends_on}.",
    "delegation_ended": "{actor} ended the delegation to {delegate}.",
}
BECAUSE: Mapping[str, str] = {
    "enrolled": ", because the course began",
    "module_completed": ", because the module before it was completed",
    "post_test_passed": ", because the test before it was passed",
    "tested_out": ", because the module before it was tested out of",
    "waived": ", because what it waited for was waived",
    "worksheet_submitted": ", because the worksheet was submitted",
    "worksheet_approved": ", because {actor} approved the worksheet",
    "results_reported": ", because the numbers were reported",
    "results_confirmed": ", because {actor} confirmed the numbers",
}

# The facts that are read out below a sentence. Answers to single questions and what would have been right are not:
# the same questions may be asked again.
LABELS: Mapping[str, str] = {
    "purpose": "Kind of test",
    "number": "Attempt",
    "earned": "Points earned",
    "possible": "Points possible",
    "threshold_bp": "Needed to pass",
    "seconds": "Time taken",
    "due_on": "Due on",
    "round": "Round",
    "revision_number": "Version of the worksheet",
    "criteria_met": "Criteria met",
    "criteria": "Criteria",
    "lead_count": "Leads",
    "rubric": "Rubric",
    "mode": "How it was observed",
    "minutes": "Minutes",
    "points": "Points",
    "points_possible": "Points possible",
    "levels": "Levels",
    "numbers": "Numbers",
    "corrected": "Corrected to",
    "from_on": "From",
    "until_on": "Until",
    "met_manager": "Met the manager",
    "approver": "Approver",
    "capacity": "Decided as",
    "starts_on": "From",
    "ends_on": "Until",
    "fields": "Fields",
    "before": "Before",
    "after": "After",
    "role": "Role",
    "rows": "Rows",
    "added": "Added",
    "unchanged": "As before",
    "people": "People",
}
HIDDEN_IN: Mapping[str, frozenset[str]] = {"question_answered": frozenset(LABELS)}


@dataclass(frozen=True, slots=True)
class Spoken:
    at: datetime
    sentence: str
    reason: str
    facts: tuple[tuple[str, str], ...]


def by_day(entries: Sequence[Entry], subject_name: str, zone: str) -> list[tuple[date, list[Spoken]]]:
    """Newest day first, as the reader's zone counts days; answers to one test, one after the other, are one line."""
    days: list[tuple[date, list[Spoken]]] = []
    for entry, count in _runs(entries):
        said = spoken(entry, subject_name)
        if count > 1:
            said = replace(said, sentence=said.sentence.replace("a question", f"{count} questions"))
        day = clock.local_day(entry.at, zone)
        if not days or days[-1][0] != day:
            days.append((day, []))
        days[-1][1].append(said)
    return days


def _runs(entries: Sequence[Entry]) -> Iterator[tuple[Entry, int]]:
    for (kind, _, _), run in groupby(entries, key=lambda one: (one.kind, one.title, one.registration)):
        if kind == "question_answered":
            same = list(run)
            yield same[0], len(same)
        else:
            yield from ((entry, 1) for entry in run)


class _Forgiving(dict[str, str]):
    """An entry written before a fact existed still reads."""

    def __missing__(self, key: str) -> str:
        return ""


def spoken(entry: Entry, subject_name: str) -> Spoken:
    return Spoken(entry.at, sentence(entry, subject_name), entry.reason, details(entry))


def sentence(entry: Entry, subject_name: str) -> str:
    """One plain sentence; a kind that is not in the table is named as it is."""
    actor = entry.actor_name or "The system"
    facts = _flat(entry.facts)
    kind = str(facts.get("change")) if entry.kind == "account_changed" else entry.kind
    pattern = ACCOUNT_SENTENCES.get(kind) or SENTENCES.get(kind) or SENTENCES.get(entry.kind)
    if entry.actor_id is not None and entry.actor_id == entry.subject_id:
        pattern = OWN_SENTENCES.get(kind, pattern)
    if pattern is None:
        return f"{actor}: {entry.kind.replace('_', ' ')}."
    said = _Forgiving({key: _text(value) for key, value in facts.items()})
    said.update(actor=actor, subject=subject_name, title=f"“{entry.title}”" if entry.title else "it")
    said.update(_phrases(facts, said))
    return pattern.format_map(said)


def _flat(facts: Mapping[str, Any] | None) -> dict[str, Any]:
    """Administrative entries keep name and value pairs in one fact; here they are facts like others."""
    found = dict(facts or {})
    inner = found.pop("facts", None)
    found.update({str(pair[0]): pair[1] for pair in inner or () if _is_pair(pair)})
    return found


def _phrases(facts: Mapping[str, Any], said: Mapping[str, str]) -> dict[str, str]:
    capacity = str(facts.get("capacity") or "manager")
    changed = facts.get("changed_fields") or 0
    leads = facts.get("lead_count") or 0
    code = str(facts.get("because") or "").partition(":")[0]
    return {
        "attempt": f"attempt {facts.get('number') or 1}",
        "because": BECAUSE.get(code, "").format_map(said),
        "changed_fields": f"{changed} field" + ("" if changed == 1 else "s"),
        "corrections": ", with corrections" if facts.get("corrected") else "",
        "delegate_name": _text(facts.get("delegate")),
        "due": f", due {facts['due_on']}" if facts.get("due_on") else "",
        "leads": "the field work with an own list" if not leads else f"{leads} lead" + ("" if leads == 1 else "s"),
        "objective_title": f"“{_text(facts.get('objective'))}”",
        "new_manager": f": {_text(facts['manager'])}" if facts.get("manager") else "",
        "to_approver": f", to {_text(facts['approver'])}" if facts.get("approver") else "",
        "to_scorer": f", to be scored by {_text(facts['scorer'])}" if facts.get("scorer") else "",
        "to_person": f" to {_text(facts['to'])}" if facts.get("to") else "",
        "verdict": _verdict(facts),
        "with_edits": " with edits" if facts.get("adjusted") else "",
        "as_capacity": "" if capacity == "manager" else f" as {capacity.replace('_', '-')}",
    }


def _verdict(facts: Mapping[str, Any]) -> str:
    if not facts.get("is_gate"):
        return f"scored {_measured('earned', facts.get('earned') or 0)} of {facts.get('possible', 0)} points in"
    return "passed" if facts.get("passed") else "did not pass"


def details(entry: Entry) -> tuple[tuple[str, str], ...]:
    """The further facts of an entry, with labels; what is plumbing (ids, seeds) has none and is left out."""
    hidden = HIDDEN_IN.get(entry.kind, frozenset())
    return tuple(
        (LABELS[key], _measured(key, value))
        for key, value in _flat(entry.facts).items()
        if key in LABELS and key not in hidden and value not in (None, "", [], {})
    )


def _measured(key: str, value: Any) -> str:
    if key == "threshold_bp" and isinstance(value, int):
        return f"{value / 100:g}%"
    if key == "seconds" and isinstance(value, int):
        return f"{value // 60} min {value % 60} s" if value >= 60 else f"{value} s"
    if key == "earned":
        return f"{float(Fraction(str(value))):.2f}".rstrip("0").rstrip(".")
    return _text(value)


def _is_pair(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2


def _text(value: Any) -> str:
    """A fact as words: names of people and things, lists joined, pairs as `key: value`."""
    match value:
        case None:
            return "not seen"
        case bool():
            return "yes" if value else "no"
        case Mapping():
            return str(value.get("name") or value.get("title") or "")
        case list() | tuple() if value and all(map(_is_pair, value)):
            return ", ".join(f"{_word(key)} {_text(part)}" for key, part in value)
        case list() | tuple():
            return ", ".join(_text(part) for part in value)
        case str():
            return _word(value)
    return str(value)


def _word(text: object) -> str:
    """Keys of authors and codes as words."""
    return str(text).replace("_", " ")
