"""QTI interactions on a picture: hotspots, points, objects to place, and pairs and orders of hotspots."""

from dataclasses import replace
from fractions import Fraction

from lms.catalog.exchange.model import NO_TEXT, Kind, Option, Pair, Question, Text, Zone
from lms.catalog.exchange.numerals import decimal_text
from lms.catalog.exchange.qti_choices import pairs_of, points_of, weights_of, words_to_places
from lms.catalog.exchange.qti_frame import Frame
from lms.catalog.exchange.qti_nodes import Node
from lms.catalog.exchange.report import RefusedItem


def _zone(node: Node, weight: Fraction = Fraction(0)) -> Zone:
    coords = tuple(part for part in node.get("coords").replace(",", " ").split() if part)
    return Zone(node.get("shape", "default"), coords, weight, node.get("identifier"), node.get("hotspotLabel"))


def _background(frame: Frame, node: Node) -> tuple[tuple[str, str], ...]:
    shown = next((one for one in node.children if one.name in {"object", "img", "picture"}), None)
    if shown is None:
        return ()
    found = [("background", shown.get("data") or shown.get("src"))]
    found += [(name, shown.get(name)) for name in ("type", "width", "height") if shown.get(name)]
    words = shown.words.strip() or shown.get("alt")
    return (*found, ("background_text", words)) if words else tuple(found)


def _spots(frame: Frame, *names: str) -> list[Node]:
    found = [one for one in frame.node.walk() if one.name in names]
    if not found:
        raise RefusedItem("There is no area on the picture.", frame.at(frame.node))
    return found


def hotspot(frame: Frame) -> Question:
    nodes = _spots(frame, "hotspotChoice")
    weights, points, is_all = weights_of(frame, [node.get("identifier") for node in nodes])
    return replace(
        frame.question,
        prompt=frame.prompt(),
        kind=Kind.HOTSPOT,
        zones=tuple(_zone(node, weight) for node, weight in zip(nodes, weights, strict=True)),
        points=points,
        is_all_or_nothing=is_all and frame.declared.cardinality != "single",
        extra=(*_background(frame, frame.node), ("max_choices", frame.node.get("maxChoices", "1"))),
    )


def point(frame: Frame) -> Question:
    """Points anywhere on the picture, worth what the area map says."""
    areas = frame.declared.areas
    if areas is None or not any(area.value > 0 for area in areas.areas):
        frame.changed(frame.node, "No area is declared that earns points.")
        zones: tuple[Zone, ...] = ()
        most = Fraction(0)
    else:
        is_single = frame.declared.cardinality == "single"
        gains = [area.value for area in areas.areas if area.value > 0]
        most = max(gains) if is_single else sum(gains, Fraction(0))
        if areas.frame.upper is not None and 0 < areas.frame.upper < most:
            most = areas.frame.upper
        zones = tuple(
            Zone(area.shape, tuple(decimal_text(one) for one in area.coords), area.value / most, f"z{number}")
            for number, area in enumerate(areas.areas, start=1)
        )
    extra = _background(frame, frame.node)
    stage = _stage(frame)
    if stage is not None:
        extra = (*_background(frame, stage), *(("marker_" + name, value) for name, value in extra))
        frame.marks[id(stage)] = ""
    return replace(
        frame.question,
        prompt=frame.prompt(),
        kind=Kind.POINT,
        zones=zones,
        points=points_of(frame, most),
        extra=(*extra, ("max_choices", frame.node.get("maxChoices", "1"))),
    )


def _stage(frame: Frame) -> Node | None:
    """The picture around objects to place."""
    nodes = frame.item.body.walk() if frame.item.body is not None else ()
    return next((one for one in nodes if one.name == "positionObjectStage" and frame.node in one.children), None)


def graphic_order(frame: Frame) -> Question:
    nodes = {node.get("identifier"): node for node in _spots(frame, "hotspotChoice")}
    right = [key for key in frame.probe.correct_words(frame.declared.identifier) if key in nodes]
    if not right:
        frame.changed(frame.node, "The item declares no right order, so none earns points.")
        right = list(nodes)
    return replace(
        frame.question,
        prompt=frame.prompt(),
        kind=Kind.ORDER,
        sequence=tuple(Option(Text(nodes[key].get("hotspotLabel") or key), key=key) for key in right),
        zones=tuple(_zone(node) for node in nodes.values()),
        points=points_of(frame, frame.probe.best()),
        is_all_or_nothing=True,
        extra=_background(frame, frame.node),
    )


def graphic_associate(frame: Frame) -> Question:
    nodes = {node.get("identifier"): node for node in _spots(frame, "associableHotspot")}
    weighted, points, is_all = pairs_of(frame)
    labels = {key: Text(node.get("hotspotLabel") or key) for key, node in nodes.items()}
    pairs = tuple(
        Pair(labels.get(first, NO_TEXT), labels.get(second, NO_TEXT), first, second, weight)
        for (first, second), weight in weighted.items()
    )
    return replace(
        frame.question,
        prompt=frame.prompt(),
        kind=Kind.ASSOCIATE,
        pairs=pairs,
        zones=tuple(_zone(node) for node in nodes.values()),
        points=points,
        is_all_or_nothing=is_all,
        extra=_background(frame, frame.node),
    )


def graphic_gap(frame: Frame) -> Question:
    spots = {node.get("identifier"): node for node in _spots(frame, "associableHotspot")}
    labels = {
        node.get("identifier"): _label(frame, node) for node in frame.node.walk() if node.name in {"gapImg", "gapText"}
    }
    weighted, points, is_all = pairs_of(frame)
    weighted = words_to_places(frame, weighted, labels, spots)
    pairs = tuple(
        Pair(labels.get(first, NO_TEXT), NO_TEXT, first, second, weight) for (first, second), weight in weighted.items()
    )
    return replace(
        frame.question,
        prompt=frame.prompt(),
        kind=Kind.GAP_MATCH,
        options=tuple(Option(text, key=key) for key, text in labels.items()),
        zones=tuple(_zone(node) for node in spots.values()),
        pairs=pairs,
        points=points,
        is_all_or_nothing=is_all,
        extra=_background(frame, frame.node),
    )


def _label(frame: Frame, node: Node) -> Text:
    if node.name == "gapText":
        return frame.text(node)
    shown = next((one for one in node.children if one.name in {"object", "img"}), None)
    label = node.get("objectLabel") or (shown.words.strip() or shown.get("alt") if shown else "")
    source = (shown.get("data") or shown.get("src")) if shown else ""
    return Text(f'<img src="{source}" alt="{label}">' if source else label)
