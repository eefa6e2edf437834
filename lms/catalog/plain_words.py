"""What each finding of `policy.lint` says to the author: (message, hint), filled with the finding's facts."""

from difflib import get_close_matches

from lms.policy.lint import Finding

SENTENCES: dict[str, tuple[str, str]] = {
    "all_options_right": ("every option counts as right", "Then there is nothing to decide: add a wrong one."),
    "area_unreadable": (
        "the area “{text}” lies nowhere on the picture",
        "Write `rect x y width height` or `ellipse x y rx ry` in percent, for instance rect 10 20 30 15.",
    ),
    "attempts_zero": ("nobody can pass: no attempt is allowed", "Write 1 or more."),
    "builds_on_itself": ("`{key}` builds on itself", "Name something that comes earlier."),
    "builds_on_later": ("this builds on the {what} `{key}`, which comes later", "Change the order or the link."),
    "carry_of_this_course": (
        "the objective `{objective}` is no objective of an earlier course",
        "Write `of: <course key>` beside it in course.yaml, or give the assessment another purpose.",
    ),
    "check_size": ("the check has {count} items; {low} to {high} are advised", ""),
    "chunk_minutes": ("the chunk takes {minutes} minutes; {low} to {high} are advised", "Split it."),
    "chunk_without_check": ("the chunk `{chunk}` has no check", "Add 2 to 5 items under check: items."),
    "column_without_options": ("a column cannot be a choice", "Use text, or make it a field of its own."),
    "conversation_in_chunk": (
        "a conversation stands in the check of the chunk `{chunk}`",
        "Put it into an assessment: there each reply is kept as it is given.",
    ),
    "conversation_in_circles": (
        "from the turn `{key}` the conversation comes back to itself",
        "Then there is no end and no best way: lead one reply on.",
    ),
    "course_empty": ("the course has no module", "List the folders under modules."),
    "delayed_too_short": (
        "a later check of {count} questions cannot say what has stayed; {minimum} or more can",
        "Write more, or leave it out: one is drawn from the questions of the module.",
    ),
    "delayed_twice": ("the module has two later checks", "Keep one; it comes again by itself when it is not passed."),
    "draws_too_many": ("{count} items are to be drawn from {there}", "Write more items, or draw fewer."),
    "edition_is_fixed": ("the edition of a published course cannot change", ""),
    "edition_of_itself": ("a course cannot be the manager's edition of itself", "Name the rep course."),
    "edition_of_missing": ("a manager's edition must say of which course", "Write `edition_of: <course key>`."),
    "edition_of_needless": ("only a manager's edition has `edition_of`", "Write `edition: manager`, or take it out."),
    "entry_text_twice": ("two entries have the same text", "Nobody could tell them apart."),
    "feedback_at_once": (
        "answers that are checked one by one would be known at the next try",
        "Use at_once for pre-tests and practice; here objective, full or score.",
    ),
    "formula_fails": (
        "the formula has no value for some numbers that can be drawn: {why} ({values})",
        "Change the ranges or the formula.",
    ),
    "formula_wrong": (
        "the formula cannot be read: {why}",
        "Numbers, the keys of parameters, + - * / ** ( ), abs, min, max and round are known.",
    ),
    "gap_needs_one_way": (
        "the gap `{key}` needs either options or accept",
        "Options make a drop-down, accept a field to type in.",
    ),
    "gap_not_in_passage": ("the passage has no {{{{{key}}}}}", "Write it where the gap belongs."),
    "gap_twice": ("the gap {{{{{key}}}}} stands in the passage twice", "Give the second one a key of its own."),
    "gap_unknown": ("the passage names a gap {{{{{key}}}}} that is not described", "Add it under gaps."),
    "gaps_missing": ("there is nothing to fill in", "Describe at least one gap under gaps."),
    "item_twice_in_step": ("the item `{key}` is asked twice in this step", ""),
    "key_reserved": ("the key `{key}` belongs to what the product puts together itself", "Choose another one."),
    "key_twice": ("the {what} key `{key}` is used a second time", "Every {what} needs a key of its own."),
    "levels_too_few": ("the criterion `{key}` has fewer than two levels", "Describe the lowest and the highest."),
    "mastery_of_nothing": (
        "the module `{module}` waits for mastery, and nothing it builds on has a later check",
        "Name modules under builds_on, and let them have a delayed_check.",
    ),
    "minutes_do_not_add_up": ("the course says {stated} minutes, its steps add up to {total}", ""),
    "module_empty": ("the module `{module}` has no step", "List the files under steps."),
    "name_unknown": ("there is no {what} `{key}`", ""),
    "no_best_option": ("no option has weight 1", "The best answer earns everything: give it weight 1."),
    "no_right_option": ("no option is right", "Mark one with `right: true`."),
    "no_worst_option": ("all options weigh the same", "Give the worst one a smaller weight, such as 0."),
    "not_decimal": ("“{text}” is not a decimal number", 'Write it like "12.5".'),
    "nothing_accepted": ("no answer is accepted", "List every spelling that counts under accept."),
    "nothing_to_earn": ("there are no points to earn here", ""),
    "number_not_told": (
        "the prompt never says the number {key}",
        "Write {{{{{key}}}}} where it belongs, or nobody can work it out.",
    ),
    "number_unknown_in_text": ("the text names a number {key} that is not drawn", "Describe it under parameters."),
    "objective_of_itself": ("the objective `{objective}` comes from this very course", "Take `of` out."),
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
    "options_too_few_to_rank": (
        "this type needs three options or more and has {count}",
        "With two, use type: judgment.",
    ),
    "pair_side_twice": ("two pairs have the same {side} side", "Nobody could tell which belongs where."),
    "pairs_too_few": ("matching needs two pairs or more and has {count}", ""),
    "parameters_missing": ("no number is drawn", "Describe at least one under parameters, or use type: numeric."),
    "person_in_chunk": (
        "a question that a person scores stands in the check of the chunk `{chunk}`",
        "Put it into an assessment: a chunk answers at once.",
    ),
    "person_in_pretest": (
        "a question that a person scores stands in `{test}`, whose verdict is needed at once",
        "Put it into the post-test or a practice test; pre-tests, tests to skip and later checks cannot wait.",
    ),
    "picture_missing": ("the picture is missing", "Write `picture: \"![What it shows](assets/name.png)\"`."),
    "plausible_reversed": ("the plausible range begins above its end ({low} to {high})", ""),
    "points_zero": ("the item earns no points", "Write 1 or more."),
    "posttest_size": ("the post-test has {count} items; {low} to {high} are advised", ""),
    "pretest_not_first": ("the pre-test is not the first step of its module", "It measures what people know before."),
    "range_wrong": ("these numbers cannot be drawn: {why}", "Write low, high and step as decimals in quotation marks."),
    "requires_cycle": ("these modules wait for each other: {cycle}", "Nobody could ever open them: take one out."),
    "requires_itself": ("the module `{key}` waits for itself", "Take it out of requires."),
    "results_without_numbers": ("the next module waits for numbers, and none are asked for", ""),
    "rubric_missing": ("nothing says what this is scored on", "Name a rubric of course.yaml: `rubric: <key>`."),
    "rows_impossible": ("at least {low} rows are asked for and at most {high} are possible", ""),
    "second_right_option": ("a second option is right in a single choice", "Use type: multiple, or mark only one."),
    "sequence_too_short": ("an order needs two entries or more and has {count}", ""),
    "skill_only_quizzed": (
        "a quiz alone cannot show the {type} `{objective}`",
        "Give a transfer activity a rubric with its competency.",
    ),
    "stratum_thin": (
        "with {count} items {what}, a second attempt repeats some",
        "Twice as many as are drawn are advised.",
    ),
    "stratum_too_small": ("{short} more items {what} are needed to fill a form", "Write them, or draw fewer."),
    "test_out_ambiguous": ("test-out needs exactly one pre-test, and this module has several", ""),
    "test_out_thin": (
        "the test-out asks {count} question about the objective `{objective}`",
        "Two or more of each say whether it may be skipped.",
    ),
    "test_out_too_short": (
        "a test that people may test out by needs {minimum} items or more and has {count}",
        "Add items, or offer no test-out.",
    ),
    "test_out_twice": ("the module `{module}` has two ways to test out", "Keep one."),
    "test_out_without_pretest": ("the module `{module}` can be tested out of, and has no pre-test", ""),
    "threshold_above_all": ("nobody can pass: {percent} percent are asked for", "Write 100 or less."),
    "threshold_zero": ("the gate is no gate: everybody passes with 0 percent", "Write pass_percent: 80, for instance."),
    "tolerance_negative": ("a tolerance cannot be negative (“{text}”)", ""),
    "turn_unreachable": ("no reply leads to the turn `{key}`", "Name it as next of a reply, or take it out."),
    "turns_too_few": ("a conversation needs two turns or more and has {count}", "With one, use type: judgment."),
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
