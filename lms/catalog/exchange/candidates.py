"""Questions of other systems as items that a course takes: checked by the rules that bundles are checked by."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from lms.catalog import markdown_check
from lms.catalog.builder_items import item as built
from lms.catalog.exchange.course_writer import Made, items_of
from lms.catalog.exchange.model import Question
from lms.catalog.exchange.report import Finding, Outcome, Reading
from lms.catalog.loader_texts import all_texts
from lms.catalog.markdown_check import Names
from lms.catalog.marks import Marks
from lms.catalog.plain_words import said
from lms.catalog.problems import Report, Severity
from lms.catalog.source import Node, Source
from lms.catalog.structure import check
from lms.policy.items import Item
from lms.policy.lint.finding import ERROR
from lms.policy.lint.items import check_item


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that was read, and the item that it makes; None where it is refused, and `findings` say why."""

    question: Question
    item: Item | None
    files: Mapping[str, bytes]
    findings: tuple[Finding, ...]


def of_readings(readings: Iterable[Reading], objective: str, known: Collection[str] = ()) -> tuple[Candidate, ...]:
    """Every question that could be read, in the order of the files."""
    questions = [question for reading in readings for question in reading.questions]
    return tuple(_candidate(made) for made in items_of(questions, objective, known))


def _candidate(made: Made) -> Candidate:
    if made.item is None:
        return Candidate(made.question, None, {}, made.findings)
    report = Report()
    place = made.question.place
    source = Source(place.file, dict(made.item))
    check(source, "item", report)
    item = None if report.has_errors else built(Node(source), Marks())
    wrong = [one.message for one in report if one.severity is Severity.ERROR]
    if item is not None:
        wrong += list(_faults(item, made.files))
    if wrong or item is None:
        name = made.question.identifier or made.question.title
        refusals = tuple(Finding(place, Outcome.REFUSED, _sentence(one), name) for one in dict.fromkeys(wrong))
        return Candidate(made.question, None, {}, refusals)
    return Candidate(made.question, item, made.files, made.findings)


def _sentence(message: str) -> str:
    return f"A course does not take it: {message}."


def _faults(item: Item, files: Collection[str]) -> Iterator[str]:
    for finding in check_item(item):
        if finding.severity == ERROR:
            yield said(finding)[0]
    report = Report()
    for text in all_texts(item):
        markdown_check.check(text, "", lambda line: line, Names((), (), files), report)
    yield from (problem.message for problem in report if problem.severity is Severity.ERROR)
