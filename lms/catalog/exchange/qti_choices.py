"""QTI interactions over given things: choose, order, associate, match, hottext."""

from collections.abc import Container, Sequence
from dataclasses import replace
from fractions import Fraction

from lms.catalog.exchange.model import NO_TEXT, Format, Kind, Number, Pair, Question, Text
from lms.catalog.exchange.numerals import decimal_text, fraction, is_numeral
from lms.catalog.exchange.qti_declarations import Mapping
from lms.catalog.exchange.qti_frame import Frame, Reader, option
from lms.catalog.exchange.qti_occasions import is_one_of
from lms.catalog.exchange.report import RefusedItem


def choice(frame: Frame) -> Question:
    nodes = list(frame.node.every("simpleChoice"))
    if not nodes:
        raise RefusedItem("There is nothing to choose from.", frame.at(frame.node))
    right = frame.probe.correct_words(frame.declared.identifier)
    is_single = frame.declared.cardinality == "single" or is_one_of(frame.node, right)
    weights, points, is_all = weights_of(frame, [node.get("identifier") for node in nodes])
    question = replace(
        frame.question,
        prompt=frame.prompt(),
        kind=Kind.SINGLE if is_single else Kind.MULTIPLE,
        options=tuple(option(frame, node, weight) for node, weight in zip(nodes, weights, strict=True)),
        points=points,
        is_all_or_nothing=is_all and not is_single,
        is_shuffled=frame.node.is_on("shuffle") if "shuffle" in frame.node.attributes else None,
    )
    return _as_true_false(question)


def _as_true_false(question: Question) -> Question:
    """Two options named true and false are a statement to judge."""
    keys = [option.key for option in question.options]
    if question.kind is Kind.SINGLE and keys == ["true", "false"]:
        named = tuple(
            replace(option, text=Text(word, Format.PLAIN)) if option.text.text == word else option
            for option, word in zip(question.options, ("True", "False"), strict=True)
        )
        return replace(question, kind=Kind.TRUE_FALSE, options=named)
    return question


def weights_of(frame: Frame, keys: Sequence[str]) -> tuple[list[Fraction], Fraction, bool]:
    """(share of each, points of the item, whether only all of them together count)."""
    declared, probe = frame.declared, frame.probe
    identifier = declared.identifier
    if declared.cardinality == "single":
        return _single(frame, keys)
    if declared.mapping is not None and probe.uses("mapResponse", identifier):
        shares, points = shares_of(declared.mapping, keys, declared.base_type)
        if points > 0:
            return shares, points, False
    right = set(probe.correct_words(identifier)) & set(keys)
    if not right:
        return _by_rules_alone(frame, keys)
    earned = probe.score({identifier: sorted(right)})
    alone = [probe.score({identifier: [key]}) for key in keys]
    if earned > 0 and max(alone) > earned:
        return _by_rules_alone(frame, keys)
    points = points_of(frame, earned)
    is_all = len(right) > 1 and all(one <= probe.nothing for one in alone)
    if is_all or earned <= 0 or len(right) == 1:
        return [Fraction(int(key in right)) for key in keys], points, True
    return [one / earned for one in alone], points, False


def _by_rules_alone(frame: Frame, keys: Sequence[str]) -> tuple[list[Fraction], Fraction, bool]:
    """No right answer is declared; perhaps the rules credit single options."""
    identifier, nothing = frame.declared.identifier, frame.probe.nothing
    alone = [frame.probe.score({identifier: [key]}) - nothing for key in keys]
    if max(alone) <= 0:
        _no_key(frame)
        return [Fraction(0)] * len(keys), Fraction(1), False
    whole = frame.probe.score({identifier: [key for key, one in zip(keys, alone, strict=True) if one > 0]}) - nothing
    most = max(whole, max(alone))
    return [one / most for one in alone], points_of(frame, most), False


def _single(frame: Frame, keys: Sequence[str]) -> tuple[list[Fraction], Fraction, bool]:
    declared, probe = frame.declared, frame.probe
    identifier = declared.identifier
    right = probe.correct_words(identifier)
    nothing = probe.nothing
    earned = [probe.score({identifier: key}) - nothing for key in keys]
    if declared.mapping is not None and probe.uses("mapResponse", identifier):
        # A lower bound would hide what a wrong option costs.
        earned = [_mapped(declared.mapping, key) for key in keys]
    best = max(earned, default=Fraction(0))
    if best > 0:
        ceiling = probe.run({}).max_score
        # The declared right answer is the right one, whatever the item says it could give.
        is_declared = any(key in right and one == best for key, one in zip(keys, earned, strict=True))
        whole = best if is_declared or ceiling is None or ceiling < best else ceiling
        return [one / whole for one in earned], points_of(frame, whole), False
    if right:
        return [Fraction(int(key in right)) for key in keys], points_of(frame, best), False
    _no_key(frame)
    return [Fraction(0)] * len(keys), Fraction(1), False


def _no_key(frame: Frame) -> None:
    frame.changed(frame.node, "The item declares no right answer, so none earns points.")


def points_of(frame: Frame, earned: Fraction) -> Fraction:
    """What the item says that it gives; else what its right answer earned; else 1."""
    ceiling = frame.probe.run({}).max_score
    if ceiling is not None and ceiling > 0:
        return ceiling
    return earned if earned > 0 else Fraction(1)


def _mapped(mapping: Mapping, key: str) -> Fraction:
    return next((entry.value for entry in mapping.entries if entry.key.split() == key.split()), mapping.default)


def shares_of(mapping: Mapping, keys: Sequence[str], base_type: str = "") -> tuple[list[Fraction], Fraction]:
    """Shares of the most that a mapping can give, and that most."""
    values = [_mapped(mapping, key) for key in keys]
    most = sum((value for value in values if value > 0), Fraction(0))
    if mapping.upper is not None and mapping.upper > 0:
        most = mapping.upper
    return [value / most if most else Fraction(0) for value in values], most


def order(frame: Frame) -> Question:
    nodes = {node.get("identifier"): node for node in frame.node.every("simpleChoice")}
    right = [key for key in frame.probe.correct_words(frame.declared.identifier) if key in nodes]
    if not right:
        _no_key(frame)
        right = list(nodes)
    idle = [node for key, node in nodes.items() if key not in right]
    return replace(
        frame.question,
        prompt=frame.prompt(),
        kind=Kind.ORDER,
        sequence=tuple(option(frame, nodes[key], Fraction(0)) for key in right),
        options=tuple(option(frame, node, Fraction(0)) for node in idle),
        points=points_of(frame, frame.probe.best()),
        is_all_or_nothing=True,
        is_shuffled=frame.node.is_on("shuffle") if "shuffle" in frame.node.attributes else None,
    )


def match(frame: Frame) -> Question:
    sets = list(frame.node.every("simpleMatchSet"))
    if len(sets) != 2:
        raise RefusedItem(f"There are {len(sets)} sets to match; there must be two.", frame.at(frame.node))
    left, right = ({node.get("identifier"): frame.text(node) for node in one.children} for one in sets)
    return _paired(frame, Kind.MATCHING, left, right)


def associate(frame: Frame) -> Question:
    things = {node.get("identifier"): frame.text(node) for node in frame.node.every("simpleAssociableChoice")}
    return _paired(frame, Kind.ASSOCIATE, things, things)


def _paired(frame: Frame, kind: Kind, left: dict[str, Text], right: dict[str, Text]) -> Question:
    if not left or not right:
        raise RefusedItem("There is nothing to pair.", frame.at(frame.node))
    weighted, points, is_all = pairs_of(frame)
    pairs = []
    for (first, second), weight in weighted.items():
        if kind is Kind.ASSOCIATE and first not in left:
            first, second = second, first
        if first not in left or second not in right:
            raise RefusedItem(f"The key names the pair “{first} {second}”, which is not offered.", frame.at(frame.node))
        pairs.append(Pair(left[first], right[second], first, second, weight))
    paired = {key for pair in pairs for key in (pair.left_key, pair.right_key)}
    pairs += [Pair(text, NO_TEXT, key, "") for key, text in left.items() if key not in paired and kind is Kind.MATCHING]
    pairs += [Pair(NO_TEXT, text, "", key) for key, text in right.items() if key not in paired]
    return replace(
        frame.question,
        prompt=frame.prompt(),
        kind=kind,
        pairs=tuple(pairs),
        points=points,
        is_all_or_nothing=is_all,
        is_shuffled=frame.node.is_on("shuffle") if "shuffle" in frame.node.attributes else None,
    )


def pairs_of(frame: Frame) -> tuple[dict[tuple[str, str], Fraction], Fraction, bool]:
    """The right pairs with their relative weight, the points, whether only all together count."""
    declared, probe = frame.declared, frame.probe
    if declared.mapping is not None and probe.uses("mapResponse", declared.identifier):
        good = [entry for entry in declared.mapping.entries if entry.value > 0]
        if any(entry.value < 0 for entry in declared.mapping.entries) or declared.mapping.default < 0:
            frame.lost(frame.node, "What wrong pairs cost is left out.")
        if good:
            most = max(entry.value for entry in good)
            total = sum((entry.value for entry in good), Fraction(0))
            points = declared.mapping.upper if declared.mapping.upper and declared.mapping.upper > 0 else total
            return {_pair(entry.key): entry.value / most for entry in good}, points, False
    right = probe.correct_words(declared.identifier)
    if not right:
        _no_key(frame)
        return {}, Fraction(1), False
    whole = probe.score({declared.identifier: right})
    first = probe.score({declared.identifier: right[:1]})
    return (
        {_pair(one): Fraction(1) for one in right},
        points_of(frame, whole),
        len(right) == 1 or first <= probe.nothing,
    )


def words_to_places(
    frame: Frame, weighted: dict[tuple[str, str], Fraction], words: Container[str], places: Container[str]
) -> dict[tuple[str, str], Fraction]:
    """Pairs of what is dragged and where it belongs; some authors have declared them the other way round."""
    if not weighted or not all(first in places and second in words for first, second in weighted):
        return weighted
    frame.changed(frame.node, "Its key names each place before what belongs there; the pairs are turned round.")
    return {(second, first): weight for (first, second), weight in weighted.items()}


def _pair(words: str) -> tuple[str, str]:
    parts = words.split()
    if len(parts) != 2:
        raise RefusedItem(f"“{words}” is no pair.")
    return parts[0], parts[1]


def hottext(frame: Frame) -> Question:
    """Words of a text to choose; `{{key}}` marks where each stands."""
    nodes = [node for node in frame.node.walk() if node.name == "hottext"]
    if not nodes:
        raise RefusedItem("There is nothing to choose from.", frame.at(frame.node))
    weights, points, is_all = weights_of(frame, [node.get("identifier") for node in nodes])
    options = tuple(option(frame, node, weight) for node, weight in zip(nodes, weights, strict=True))
    for node in nodes:
        frame.marks[id(node)] = f"{{{{{node.get('identifier')}}}}}"
    for prompt in frame.node.every("prompt"):
        frame.marks[id(prompt)] = ""
    inside = frame.text(frame.node)
    before = frame.prompt()
    return replace(
        frame.question,
        prompt=Text("\n".join(part for part in (before.text, inside.text) if part)),
        kind=Kind.HOTTEXT,
        options=options,
        points=points,
        is_all_or_nothing=is_all and frame.declared.cardinality != "single",
        extra=(("max_choices", frame.node.get("maxChoices", "1")),),
    )


def slider(frame: Frame) -> Question:
    declared = frame.declared
    right = frame.probe.correct_words(declared.identifier)
    for words in right:
        if not is_numeral(words):
            raise RefusedItem(f"The right place on the slider, “{words[:40]}”, is not a number.", frame.at(frame.node))
    numbers = tuple(Number(decimal_text(fraction(words)), "0", Fraction(1)) for words in right)
    if not numbers:
        _no_key(frame)
    settings = ("lowerBound", "upperBound", "step")
    return replace(
        frame.question,
        prompt=frame.prompt(),
        kind=Kind.SLIDER,
        numbers=numbers,
        points=points_of(frame, frame.probe.best()),
        extra=tuple((name, frame.node.get(name)) for name in settings if frame.node.get(name)),
    )


def open_ended(kind: Kind) -> Reader:
    """Essays, uploads, drawings, media: a person scores what comes."""

    def read(frame: Frame) -> Question:
        if frame.probe.correct_words(frame.node.get("responseIdentifier")) and kind is Kind.ESSAY:
            frame.lost(frame.node, "The declared right text is left out: a person scores this.")
        return replace(frame.question, prompt=frame.prompt(), kind=kind, points=points_of(frame, Fraction(0)))

    return read
