"""Questions on a picture or a scale, in QTI."""

from collections.abc import Mapping
from dataclasses import replace

from lxml import etree

from lms.catalog.exchange.model import Kind, Option, Text
from lms.catalog.exchange.numerals import decimal_text
from lms.catalog.exchange.qti_parts import RESPONSE, Parts, all_right, identifier_of, score_choices
from lms.catalog.exchange.qti_rules import SCORE, response, set_outcome
from lms.catalog.exchange.report import RefusedItem
from lms.catalog.exchange.xml_source import Element


def hotspot(parts: Parts) -> None:
    question = parts.question
    settings = dict(question.extra)
    parts.prompt()
    most = settings.get("max_choices", "1")
    node = parts.interaction("hotspotInteraction", maxChoices=most)
    _picture(node, settings)
    keys = [identifier_of(zone.key, number) for number, zone in enumerate(question.zones, start=1)]
    for key, zone in zip(keys, question.zones, strict=True):
        spot = etree.SubElement(node, "hotspotChoice", identifier=key, shape=zone.shape, coords=",".join(zone.coords))
        if zone.label:
            spot.set("hotspotLabel", zone.label)
    options = tuple(Option(Text(zone.label), zone.weight, zone.feedback, zone.key) for zone in question.zones)
    parts.question = replace(question, kind=Kind.SINGLE, options=options)
    score_choices(parts, keys, is_single=most == "1")
    parts.question = question


def _picture(node: Element, settings: Mapping[str, str]) -> None:
    source = settings.get("background", "")
    if not source:
        raise RefusedItem("The picture that the places are on is not known.")
    shown = etree.SubElement(node, "object", data=source, type=settings.get("type", "image/png"))
    for name in ("width", "height"):
        if settings.get(name):
            shown.set(name, settings[name])
    shown.text = settings.get("background_text", "")


def point(parts: Parts) -> None:
    question = parts.question
    settings = dict(question.extra)
    parts.prompt()
    most = settings.get("max_choices", "1")
    node = parts.interaction("selectPointInteraction", maxChoices=most)
    _picture(node, settings)
    declared = response(RESPONSE, "point", "single" if most == "1" else "multiple")
    areas = etree.SubElement(declared, "areaMapping", defaultValue="0") if question.zones else declared
    for zone in question.zones:
        value = decimal_text(zone.weight * question.points)
        etree.SubElement(areas, "areaMapEntry", shape=zone.shape, coords=",".join(zone.coords), mappedValue=value)
    parts.responses.append(declared)
    parts.rules.append(set_outcome(SCORE, etree.Element("mapResponsePoint", identifier=RESPONSE)))


def slider(parts: Parts) -> None:
    question = parts.question
    settings = dict(question.extra)
    parts.prompt()
    bounds = {name: settings[name] for name in ("lowerBound", "upperBound", "step") if name in settings}
    if not {"lowerBound", "upperBound"} <= set(bounds):
        raise RefusedItem("The ends of the slider are not known.")
    parts.interaction("sliderInteraction", **bounds)
    right = [number.value for number in question.numbers][:1]
    parts.responses.append(response(RESPONSE, "float", "single", right))
    parts.rules.append(all_right(question))
