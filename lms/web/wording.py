"""What a refusal says: one sentence per code. Rules raise codes; people read sentences.

Each capability keeps its codes in its own section below. `{facts}` come from the RuleViolation: days and moments are
written in the reader's zone, sets and lists as words.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from string import Formatter
from typing import Any

from lms.web import formats

log = logging.getLogger(__name__)

GENERIC = "This is not possible now. Open the page again to see where things stand."

# ------------------------------------------------------------------------------------------- every page
WEB = {
    "changed_meanwhile": "Someone else saved a change to this before yours arrived, so yours was not saved.",
    "page_expired": "This page was open for longer than its permission to send lasts, so nothing was saved.",
    "signed_out": "You are signed out, so this was not saved yet.",
}

# ---------------------------------------------------------------------------------------------- people
PEOPLE: dict[str, str] = {
    "delegate_cannot_sign_in": "{name} has no email address here, so cannot sign in and decide. Choose somebody else.",
    "delegate_left": "{name} leaves on {left_on}, before the last day. Choose an earlier one or somebody else.",
    "delegation_ends_before_start": "The last day ({ends_on}) is before the first ({starts_on}).",
    "delegation_over": "This delegation ended on {ended_on} already.",
    "delegation_overlaps": "{name} stands in from {starts_on} to {ends_on} already. Choose other days or end that one.",
    "delegation_too_long": "A delegation may last {most} days at most. For longer, have the reporting line changed.",
    "delegation_without_reason": "Write why somebody stands in, for example “vacation”.",
    "email_invalid": "“{email}” is not an email address. {why}",
    "email_taken": "Somebody else has the address {email} already.",
    "file_has_problems": "The file has problems, so nothing of it was applied.",
    "file_staged_no_more": "This file was applied already or is older than a day. Choose it again.",
    "invitation_after_leaving": "{name} has left, so no invitation was sent.",
    "invitation_without_email": "{name} has no email address. Add one first, then send the invitation.",
    "key_taken": "{name} has the key {key} already.",
    "last_admin": "{name} is the last administrator. Make somebody else administrator first.",
    "left_before_hired": "The first day away ({left_on}) is before the day of hiring ({hired_on}).",
    "manager_left": "{name} left on {left_on} and cannot be a manager from then on.",
    "name_missing": "Write the name.",
    "name_unusable": "The name may have {most} ordinary characters at most.",
    "own_account_closed": "You cannot close your own account. Another administrator can.",
    "own_delegate": "You cannot stand in for yourself. Choose somebody else.",
    "own_manager": "{name} cannot report to themselves.",
    "password_easily_guessed": "This would be guessed at once: not your name, not your email, not one repeated letter.",
    "password_too_long": "The password may have {most} characters at most.",
    "password_too_short": "The password needs at least {least} characters. A few words are easy to remember.",
    "password_without_email": "{name} has no email address, so cannot have a password.",
    "password_wrong": "This is not your current password.",
    "person_ambiguous": "Several people are called “{text}”. Write the email address or the key instead.",
    "person_unknown": "Nobody here has the email, key or full name “{text}”.",
    "reporting_loop": "{manager} reports to {name}, directly or not (on {on}), so {name} cannot report to {manager}.",
    "reset_link_over": "This link was used already or is too old. Ask for a new one.",
    "too_many_tries": "There were too many tries. Try again in {wait}.",
    "unknown_role": "There is no role “{role}”.",
    "unknown_zone": "There is no time zone “{zone}”. Write for example Europe/Berlin.",
}

# --------------------------------------------------------------------------------------------- catalog
CATALOG: dict[str, str] = {
    "assets_do_not_match": "The files that came with “{course}” are not the ones it was checked with. Check it again.",
    "bundle_staged_no_more": "This upload is no longer kept. Upload the course again.",
    "change_class_unknown": "Say what kind of change this is: {allowed}.",
    "edition_is_fixed": "“{course}” was published as a {edition} edition, and that cannot change. Give it another key.",
    "rep_course_not_published": "“{course}” is the manager's edition of {key}, which is not published yet. Publish that first.",
}

# -------------------------------------------------------------------------------------------- learning
LEARNING: dict[str, str] = {}

# ------------------------------------------------------------------------------------------ assessment
ASSESSMENT: dict[str, str] = {}

# -------------------------------------------------------------------------------------------- transfer
TRANSFER: dict[str, str] = {}

# ----------------------------------------------------------------------------------------- performance
PERFORMANCE: dict[str, str] = {}

# ------------------------------------------------------------------------------------ statements, mail
STATEMENTS: dict[str, str] = {}

SECTIONS: tuple[Mapping[str, str], ...] = (
    WEB,
    PEOPLE,
    CATALOG,
    LEARNING,
    ASSESSMENT,
    TRANSFER,
    PERFORMANCE,
    STATEMENTS,
)
WORDING: Mapping[str, str] = {code: words for section in SECTIONS for code, words in section.items()}


def sentence(code: str, **facts: object) -> str:
    """The sentence for `code`; an honest general one for a code (or a fact) that nobody gave words."""
    words = WORDING.get(code)
    if words is None:
        log.warning("no wording for code %s", code)
        return GENERIC
    try:
        return Formatter().vformat(words, (), _Facts(facts))
    except (KeyError, IndexError, AttributeError, TypeError, ValueError) as missing:
        log.warning("wording of %s does not fit its facts: %r", code, missing)
        return GENERIC


class _Facts(dict[str, Any]):
    """Facts as people write them."""

    def __init__(self, facts: Mapping[str, object]) -> None:
        super().__init__({name: _spoken(value) for name, value in facts.items()})


def _spoken(value: object) -> object:
    if isinstance(value, datetime):
        return formats.moment(value)
    if isinstance(value, date):
        return formats.day(value)
    if isinstance(value, Decimal | Fraction | float):
        return formats.number(value)
    if isinstance(value, set | frozenset):
        return joined(sorted(str(one) for one in value))
    if isinstance(value, list | tuple):
        return joined(str(one) for one in value)
    return value


def joined(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = list(words) or [""]
    return f"{', '.join(first)} and {last}" if first else last
