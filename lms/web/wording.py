"""What a refusal says: one sentence per code. Rules raise codes; people read sentences.

Each capability keeps its codes in its own section below. `{facts}` come from the RuleViolation: days and moments are
written in the reader's zone, sets and lists as words.
"""

import logging
from collections.abc import Mapping

from lms.web.spoken import Facts

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
    "accommodation_ends_before_start": "The day on which it ends must come after the first day.",
    "accommodation_out_of_range": "Choose from {least} to {most} percent of the limit.",
    "accommodation_over": "This ended on {ended_on} already.",
    "accommodation_without_reason": "Write why. Only the person and administrators can read it.",
    "delegate_cannot_sign_in": "{name} has no email address here, so cannot sign in and decide. Choose somebody else.",
    "delegate_left": "{name} leaves on {left_on}, before the last day. Choose an earlier one or somebody else.",
    "delegate_manages_nobody": "{name} manages nobody. Choose another manager, somebody above you, or an admin.",
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
    "carried_objective_unknown": "No published course {key} teaches {objective}. Publish it first, or correct `of`.",
    "edition_is_fixed": "“{course}” was published as a {edition} edition, and that cannot change. Give it another key.",
    "import_needs_course": "Choose the course that the questions are for. It must be published.",
    "import_needs_objective": "Choose an objective of “{course}” for questions that name none.",
    "import_nothing_new": "There is nothing to import: the bank has these questions already, or none could be taken.",
    "import_staged_no_more": "This upload is no longer kept. Upload the files again.",
    "item_comment_missing": "Write what you want to say about this question.",
    "item_moved_on": "This question has moved on: it is {state} now. Open the page again.",
    "item_own_review": "You wrote this version, so somebody else must review it.",
    "item_reason_missing": "Write why. Whoever works on this question next reads it.",
    "rep_course_not_published": "“{course}” is the manager's edition of {key}. Publish {key} first.",
}

# -------------------------------------------------------------------------------------------- learning
LEARNING: dict[str, str] = {
    "already_enrolled": "{person} is in “{course}” already. End that enrollment first, or let it go on.",
    "check_comes_later": "This comes by itself some weeks after the module. Nothing waits for it.",
    "check_not_due": "This check comes on {due_on}. Until then there is nothing to do for it.",
    "check_over": "This check closed on {closed_on}. Another one comes, or can be asked for on the course’s page.",
    "check_rests": "Your checks rest while you are away, since {since}. They go on when you are back.",
    "check_not_asked_for": "There is nothing to ask for here: the check comes by itself, or you have passed it.",
    "check_of_somebody_else": "Only the person whose check it is can ask for another one.",
    "check_first": "Answer the questions of “{title}” first: that is what completes it.",
    "edition_not_for_them": "“{course}” is for those who lead people. {person} leads nobody, so it is not for them.",
    "enrollment_paused": "This course is paused. It goes on where it stood once your manager or an admin says so.",
    "enrollment_not_open": "This course is not open any more, so nothing can be added. What was done stays on record.",
    "opens_after_approval": "Opens when your manager approves “{title}”.",
    "opens_after_approval_by": "Opens when {who} approves “{title}”.",
    "opens_after_attempt": "Opens when you have taken “{title}”.",
    "opens_after_confirmation": "Opens when your manager confirms the numbers of “{title}”.",
    "opens_after_confirmation_by": "Opens when “{title}” is confirmed; the next move is {who}’s.",
    "opens_after_mastery": (
        "Opens when the later check of “{module_title}” shows that it has stayed. The check comes {days} days after "
        "that module."
    ),
    "opens_after_module": "Opens when you finish the module “{title}”. Steps left in it: {left}.",
    "opens_after_pass": "Opens when you pass “{title}”.",
    "opens_after_results": "Opens when you report the numbers of “{title}”.",
    "opens_after_results_by": "Opens when you report the numbers of “{title}”; the next move is {who}’s.",
    "opens_after_step": "Opens when you finish “{title}”.",
    "opens_after_submission": "Opens when you submit “{title}” to your manager.",
    "own_work": "This is your own work, so somebody else must decide it.",
    "pretest_passed_over": "You have started this module, so its pre-test is closed: it asks what you knew before.",
    "reason_missing": "Write a reason. The person it concerns can read it.",
    "reopen_after_leaving": "{person} has left the company. Bring the account back first, then this course.",
    "reopen_not_closed": "Only a course that was closed unfinished can go on. This one was not.",
    "step_locked": "This step is not open yet. “{title}” comes first.",
    "step_unknown": "This course has no such step.",
    "test_out_needless": "You have completed this module, so there is nothing left to skip.",
    "waits_on_confirmation": "Opens when {who} confirms your numbers for “{title}”.",
    "waits_on_review": "Opens after {who} has reviewed “{title}” and you have used it in the field.",
    "waits_on_scoring": "Opens when {who} has scored “{title}” and you have passed it.",
    "withdraw_after_test": "You have begun a test of this course, so you cannot end it yourself. Ask your manager to.",
    "withdraw_assigned": "This course was assigned to you, so only who assigns courses can end it.",
}

# ------------------------------------------------------------------------------------------ assessment
ASSESSMENT: dict[str, str] = {
    "answer_best_and_worst": "Name one as the best and another one as the worst.",
    "answer_checked": "You have checked this answer, so it counts as it is.",
    "answer_conversation_open": "The conversation is not over yet. Reply until it ends.",
    "answer_gaps_missing": "Fill every gap.",
    "answer_missing": "Answer this question.",
    "answer_not_checked_here": "The answers of this test are not checked one by one. Hand it in when you are done.",
    "answer_not_a_number": "Write a number, for example 12.5.",
    "answer_pair_twice": "Use each answer once.",
    "answer_pairs_missing": "Choose one for each.",
    "answer_places_unclear": "Give each a place of its own, from first to last.",
    "attempt_already_passed": "You have passed this test. There is nothing left to prove here.",
    "attempt_awaiting_review": "Your last attempt is being scored by a person. Until then no other one begins.",
    "attempt_closed": "“{title}” was handed in already, so this answer was not added.",
    "attempt_cooling": "Your next attempt opens on {opens_at}. Use the time to go through the chunks again.",
    "attempt_not_awaiting": "Nothing of this test waits to be scored.",
    "attempt_not_scored": "Nobody has scored this yet, so there is nothing to look at again.",
    "attempt_scored_already": "{who} scored this on {at} already: {result}. Yours was not kept.",
    "attempt_time_over": "The time for “{title}” ran out on {deadline}. What was saved before then counts.",
    "attempts_exhausted": "Your attempts are used up ({allowed} in all). Your manager can unlock one more.",
    "attempts_not_exhausted": "There are attempts left ({left}), so none needs to be unlocked.",
    "check_incomplete": "Answer every question: that is what completes this chunk.",
    "item_unknown": "This question is not on this form.",
    "recording_empty": "The file is empty. Record or choose it again.",
    "recording_not_taken": "This file could not be recognized as a recording. Choose an audio or video file.",
    "recording_too_large": "This recording is too large: {most} MB at most. Make it shorter.",
    "recording_too_often": "This was recorded {most} times. Hand in the last one, or what stands here now.",
    "recording_unknown": "This recording does not belong to this question. Record or choose it again.",
    "repair_accepts_nothing": "A question of this type takes no further answer. Neutralize or drop it instead.",
    "repair_answer_missing": "Say which answer shall count as right too.",
    "repair_answer_unknown": "“{answer}” is no answer that this question can take.",
    "repair_decided_already": "This was decided for this question already.",
    "repair_unknown": "Say how the question shall be repaired.",
    "response_malformed": "This answer could not be read. Answer the question again.",
    "response_too_long": "This answer is too long: {longest} characters at most.",
    "response_unknown_key": "This answer names something that the question does not have. Answer it again.",
    "revision_needs_reason": "Write why you score it differently. The learner reads it.",
    "score_built_on": "The learner has gone on since this was scored. An admin can still repair it.",
    "score_comment_too_long": "A comment may have {longest} characters at most.",
    "score_criterion_unknown": "The rubric has no criterion “{criterion}”. Open the page again.",
    "score_level_missing": "Choose a level for “{criterion}”.",
    "score_needs_reason": "You score in place of the manager. Write why.",
    "score_of_somebody_else": "Only who scored this can correct it, or an admin.",
    "score_outdated": "{who} looked at this again on {at}. Open the page again and read that first.",
    "score_repair_lowers": "The learner has gone on since this was scored, so it can only become better.",
    "score_takes_pass_back": "This would take back a pass that was told. Talk to the learner instead; the pass stays.",
    "score_unchanged": "Nothing is different from the score that stands.",
}

# -------------------------------------------------------------------------------------------- practice
PRACTICE: dict[str, str] = {
    "practice_cap_out_of_range": "Choose from 1 to {most} questions a day.",
    "practice_hour_out_of_range": "Choose an hour of the day.",
    "practice_not_due": "This question is not in today’s review any more. Open the review again.",
    "practice_not_stuck": "This question is in your review as usual, so there is nothing to take up again.",
    "practice_scheduler_unknown": "Choose one of the two ways of spacing.",
}

# -------------------------------------------------------------------------------------------- transfer
TRANSFER: dict[str, str] = {
    "acknowledge_first": "The worksheet was changed on approval, and the rep has not acknowledged that yet.",
    "already_decided": "{by} {what} this on {at}, so what you decided was not saved. Nothing more is needed from you.",
    "attestation_missing": "Tick that you met your manager: “{attestation}”.",
    "below_the_rep": "You report to this person, so you cannot decide their work.",
    "client_id_invalid": "This observation could not be told from others. Open the page again and enter it once more.",
    "draft_stale": (
        "This worksheet was saved in another tab or on another device on {at}. Open it again to see what is there now."
    ),
    "field_before_the_field": "You went to the field on {field_from}, and these numbers begin before. "
    "If that is right, say so in the remark.",
    "field_before_the_start": "This day lies before {earliest}, when the course began. Choose that day or a later one.",
    "field_ends_before_start": "The last day lies before the first. Choose a later last day.",
    "field_implausible": "This is outside the usual {low} to {high}. Check it; if it is right, say so in the remark.",
    "field_in_the_future": "This day lies in the future. Report the days that are over.",
    "field_missing": "Enter a whole number. Enter 0 if there was none.",
    "field_negative": "Enter 0 or more. A count cannot be below zero.",
    "field_not_a_date": "Enter a date such as 2026-03-31.",
    "field_not_a_number": "Enter a number such as 12 or 12.5.",
    "field_not_an_option": "Choose one of the options.",
    "field_not_whole": "Enter a whole number such as 42, without letters or decimals.",
    "field_order_broken": "{label} ({value}) cannot be more than {below} ({limit}).",
    "field_required": "Fill this in.",
    "field_rows_too_few": "At least {min} are needed here; there are {have}.",
    "field_rows_too_many": "At most {max} fit here; there are {have}.",
    "field_too_large": "Enter {max} or less.",
    "field_too_long": "At most {max} characters fit here; there are {have}.",
    "lead_too_long": "The entry for “{name}” is too long: at most {max} characters fit in one line of a list.",
    "leads_missing": "Hand over at least {minimum} accounts; there are {have}.",
    "leads_too_many": "Hand over at most {maximum} accounts at a time; there are {have}.",
    "manager_not_prepared": "Go through the manager’s edition of this course first; it takes about ten minutes.",
    "marks_missing": "Mark every criterion before you approve. Not marked yet: {criteria}.",
    "may_not": "This step of the activity belongs to somebody else.",
    "mail_left": "{name} has left, so this mail is not sent any more.",
    "mail_link_over": "The link in this mail cannot be used any more. Send a new one from the person’s page.",
    "meeting_in_the_future": "{day} lies in the future. Meet first, then decide.",
    "meeting_too_early": (
        "{day} lies long before this was submitted. Enter the day on which you talked about it, from {earliest} on."
    ),
    "minutes_implausible": "Enter how long you observed, from 1 to {max} minutes.",
    "mode_unknown": "Say how you observed: live, together, or from a recording.",
    "not_admin": "Only an administrator may do this.",
    "not_approver": "This waits on somebody else today: the person’s own manager or their delegate.",
    "not_your_activity": "This activity belongs to somebody else, so you cannot write in it.",
    "nothing_adjusted": "Nothing was changed in the worksheet. Approve it as it is, or edit it first.",
    "nothing_changed": "The worksheet is the same as the one that was decided. Change it before you send it again.",
    "number_unknown": "This activity does not count “{number}”.",
    "numbers_invalid": "The numbers do not fit together in {count} places. Correct them and send them again.",
    "observations_missing": "Observations by somebody else: {have} of {need} so far. Observe first, then confirm.",
    "observed_in_the_future": "{day} lies in the future. Enter the day on which you observed.",
    "observed_too_early": "{day} lies before the field part, which began on {earliest}. Enter the day you observed.",
    "question_missing": "Write the question. The person reads it beside the numbers.",
    "reasons_missing": "Write a reason for at least one criterion, so that it can be improved.",
    "reminded_already": "Your manager was reminded or asked lately. You may remind again on {on}.",
    "reopen_too_late": "This could be reopened until {until}. Ask an administrator.",
    "review_opened": "{by} opened this for review on {at}, so it cannot be taken back. Ask for it to be returned.",
    "review_outdated": "A newer version arrived while this page was open. Open it again and read that one first.",
    "revision_unknown": "This worksheet has no version {revision}.",
    "scores_incomplete": "Score every behavior, or say that there was no chance to show it. Missing: {criteria}.",
    "stand_in_needs_reason": "You decide in place of the manager. Write why.",
    "submission_opened_next": "Submitting this has opened what comes next, so it cannot be taken back.",
    "tally_closed": "This tally is closed, so these taps were not counted. Report the numbers in the results instead.",
    "tap_invalid": "A tap could not be read. Open the page again and count it once more.",
    "waits_on_you": "This does not wait on your manager now; it is your turn.",
    "window_backwards": "The last day ({until_on}) lies before the first ({from_on}).",
    "window_too_early": "{from_on} lies before the course began on {earliest}. Choose that day or a later one.",
    "window_too_late": "{until_on} is more than a year ahead. The field part ends on {latest} at the latest.",
    "worksheet_empty": "The worksheet is empty. Fill it in before you send it.",
    "worksheet_incomplete": "{count} places of the worksheet still need something before it can be sent.",
    "worksheet_invalid": "{count} places of the edited worksheet do not fit. Correct them before you approve.",
    "worksheet_locked": "The worksheet is not open for writing now. Take it back, or wait until it is returned.",
    "worksheet_too_large": "The worksheet is too long to be saved: at most {max} characters fit in all.",
    "wrong_status": "The activity has moved on since this page was opened, so this is not possible now.",
}

# ----------------------------------------------------------------------------------------- performance
PERFORMANCE: dict[str, str] = {
    "crm_unreadable": "{file} of the CRM export cannot be used: {problem}",
    "import_already_applied": (
        "This file was applied already, or uploaded more than a week ago. Upload it again to see what is left to do."
    ),
    "metric_before_last": "Version {version} begins on {day}. A later version begins on that day or after it.",
    "metric_changed_meanwhile": (
        "Somebody else changed this metric a moment ago: version {version} is the newest now. Read it, then change it."
    ),
    "metric_key_taken": "The key “{key}” belongs to another metric, perhaps one that is not used any more.",
    "metric_key_unusable": (
        "“{key}” cannot be the heading of a column in a file of readings. Use small letters, digits and single "
        "underscores, and begin with a letter: first_meetings."
    ),
    "metric_not_retired": "This metric is in use.",
    "metric_retired": "This metric is not used any more. Take it up again before you change it.",
    "metric_unchanged": "This is what the newest version says already. Change something, or leave it as it is.",
    "metric_unit_fixed": (
        "The unit stays “{unit}”, as earlier readings are in it. For another unit, add a metric of its own."
    ),
    "import_has_problems": "The file has {count} problems, so nothing of it was imported.",
}

# ------------------------------------------------------------------------------------ statements, mail
STATEMENTS: dict[str, str] = {
    "activity_unknown": "“{text}” is no address of an activity: that is an IRI such as https://example.com/course.",
    "agent_unknown": (
        "Nobody is known here as “{text}”. Write a full name, an email address or a key; of another system’s people, "
        "what their statements show, such as 4711 at https://hr.example.com."
    ),
    "credential_description_too_long": "The description may have {longest} characters at most.",
    "credential_needs_a_name": "Say in 1 to {longest} characters who or what will use it.",
    "credential_needs_a_scope": "Choose at least one thing that it may do.",
    "day_unknown": "“{text}” is no day. Write it as 2026-03-31.",
    "no_such_credential": "There is no credential with the key {key}.",
    "no_such_delivery": "Statement {seq} was never owed to {target}.",
    "no_such_store": "There is no record store called {key}.",
    "no_such_scope": "“{scope}” is no scope of xAPI.",
    "registration_unknown": "“{text}” is no registration: that is a UUID such as 6b7c8a52-5d2c-4f0e-9d55-0d1a7c8f4f11.",
    "store_address_unusable": (
        "The address must begin with https:// or http://, name a host, and end before “statements”; "
        "user and password have their own fields."
    ),
    "store_is_set_elsewhere": "This store is described by the settings, not by this page. Change it there.",
    "store_key_taken": "There is a store with this name already. Choose another name.",
    "store_needs_a_name": "Give the store a name of 1 to {longest} characters.",
    "store_needs_credentials": (
        "Write the user (or key, without a colon) and the password (or secret) that the store gave you."
    ),
    "store_password_again": "The address has changed: write the password again, so that it is sent there on purpose.",
    "verb_unknown": "“{text}” is no verb: choose a word from the list, or write its whole IRI.",
}

# ------------------------------------------------------------------------------------------------ demo
DEMO: dict[str, str] = {
    "bundle_has_problems": "The course in {path} has {count} problems. Run `flask --app wsgi courses check` on it.",
    "demo_out_of_time": "The demo's story of {rep} does not fit into the time before {by}.",
}

SECTIONS: tuple[Mapping[str, str], ...] = (
    WEB,
    PEOPLE,
    CATALOG,
    LEARNING,
    ASSESSMENT,
    PRACTICE,
    TRANSFER,
    PERFORMANCE,
    STATEMENTS,
    DEMO,
)
WORDING: Mapping[str, str] = {code: words for section in SECTIONS for code, words in section.items()}


def sentence(code: str, **facts: object) -> str:
    """The sentence for `code`; an honest general one for a code (or a fact) that nobody gave words."""
    words = WORDING.get(code)
    if words is None:
        log.warning("no wording for code %s", code)
        return GENERIC
    try:
        return words.format_map(Facts(facts))
    except (KeyError, IndexError, AttributeError, TypeError, ValueError) as missing:
        log.warning("wording of %s does not fit its facts: %r", code, missing)
        return GENERIC
