"""What each finding of `policy.lint` says to the author: (message, hint), filled with the finding's facts."""

from difflib import get_close_matches

from lms.policy.lint import Finding

SENTENCES: dict[str, tuple[str, str]] = {
    "all_options_right": ("every option counts as right", "Then there is nothing to decide: add a wrong one."),
    "attempts_zero": ("nobody can pass: no attempt is allowed", "Write 1 or more."),
    "builds_on_itself": ("`{key}` builds on itself", "Name something that comes earlier."),
    "builds_on_later": ("this builds on the {what} `{key}`, which comes later", "Change the order or the link."),
    "check_size": ("the check has {count} items; {low} to {high} are advised", ""),
    "chunk_minutes": ("the chunk takes {minutes} minutes; {low} to {high} are advised", "Split it."),
    "chunk_without_check": ("the chunk `{chunk}` has no check", "Add 2 to 5 items under check: items."),
    "column_without_options": ("a column cannot be a choice", "Use text, or make it a field of its own."),
    "course_empty": ("the course has no module", "List the folders under modules."),
    "edition_is_fixed": ("the edition of a published course cannot change", ""),
    "edition_of_itself": ("a course cannot be the manager's edition of itself", "Name the rep course."),
    "edition_of_missing": ("a manager's edition must say of which course", "Write `edition_of: <course key>`."),
    "edition_of_needless": ("only a manager's edition has `edition_of`", "Write `edition: manager`, or take it out."),
    "entry_text_twice": ("two entries have the same text", "Nobody could tell them apart."),
    "item_twice_in_step": ("the item `{key}` is asked twice in this step", ""),
    "key_twice": ("the {what} key `{key}` is used a second time", "Every {what} needs a key of its own."),
    "minutes_do_not_add_up": ("the course says {stated} minutes, its steps add up to {total}", ""),
    "module_empty": ("the module `{module}` has no step", "List the files under steps."),
    "name_unknown": ("there is no {what} `{key}`", ""),
    "no_best_option": ("no option has weight 1", "The best answer earns everything: give it weight 1."),
    "no_right_option": ("no option is right", "Mark one with `right: true`."),
    "not_decimal": ("“{text}” is not a decimal number", 'Write it like "12.5".'),
    "nothing_accepted": ("no answer is accepted", "List every spelling that counts under accept."),
    "nothing_to_earn": ("there are no points to earn here", ""),
    "objective_thin": (
        "the objective `{objective}` has {count} item in this post-test",
        "Two or more say whether it is met.",
    ),
    "objective_unmeasured": ("nothing measures the objective `{objective}` ({type})", ""),
    "objective_unused": ("no module and no item names the objective `{objective}`", ""),
    "observations_zero": (
        "the activity could be confirmed without anyone having watched",
        "Write observations: 1 or more.",
    ),
    "option_text_twice": ("two options have the same text", "Nobody could tell them apart."),
    "options_too_few": ("a question needs two options or more", ""),
    "pair_side_twice": ("two pairs have the same {side} side", "Nobody could tell which belongs where."),
    "pairs_too_few": ("matching needs two pairs or more and has {count}", ""),
    "plausible_reversed": ("the plausible range begins above its end ({low} to {high})", ""),
    "points_zero": ("the item earns no points", "Write 1 or more."),
    "posttest_size": ("the post-test has {count} items; {low} to {high} are advised", ""),
    "pretest_not_first": ("the pre-test is not the first step of its module", "It measures what people know before."),
    "requires_cycle": ("these modules wait for each other: {cycle}", "Nobody could ever open them: take one out."),
    "requires_itself": ("the module `{key}` waits for itself", "Take it out of requires."),
    "results_without_numbers": ("the next module waits for numbers, and none are asked for", ""),
    "rows_impossible": ("at least {low} rows are asked for and at most {high} are possible", ""),
    "second_right_option": ("a second option is right in a single choice", "Use type: multiple, or mark only one."),
    "sequence_too_short": ("an order needs two entries or more and has {count}", ""),
    "skill_only_quizzed": (
        "a quiz alone cannot show the {type} `{objective}`",
        "Give a transfer activity a rubric with its competency.",
    ),
    "test_out_ambiguous": ("test-out needs exactly one pre-test, and this module has several", ""),
    "test_out_too_short": (
        "a pre-test that people may test out by needs {minimum} items or more and has {count}",
        "Add items, or set test_out: false in module.yaml.",
    ),
    "test_out_without_pretest": ("the module `{module}` can be tested out of, and has no pre-test", ""),
    "threshold_above_all": ("nobody can pass: {percent} percent are asked for", "Write 100 or less."),
    "threshold_zero": ("the gate is no gate: everybody passes with 0 percent", "Write pass_percent: 80, for instance."),
    "tolerance_negative": ("a tolerance cannot be negative (“{text}”)", ""),
    "waives_nothing": ("there is no test-out or no transfer activity that this could waive", "Take the line out."),
    "weight_unknown": ("the weight {weight} is not one of 0, 1/3, 1/2, 2/3, 1", ""),
    "worksheet_asks_nothing": ("an empty worksheet would be accepted", "Mark at least one field `required: true`."),
}  # fmt: skip


def said(finding: Finding) -> tuple[str, str]:
    """(message, hint) for the finding."""
    message, hint = SENTENCES[finding.code]
    known = finding.facts.get("known")
    if isinstance(known, tuple) and not hint:
        near = get_close_matches(str(finding.facts["key"]), known, 1, 0.6)
        hint = f"Did you mean `{near[0]}`?" if near else ""
    return message.format_map(finding.facts), hint.format_map(finding.facts)
