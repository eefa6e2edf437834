"""From a path to what is in it: a file, a folder, a zip; which format it is; what of it can be taken."""

import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

from lms.catalog.exchange.course_items import read_course, reading_of
from lms.catalog.exchange.csv_items import HEADINGS, read_csv
from lms.catalog.exchange.gift import read_gift
from lms.catalog.exchange.model import Place
from lms.catalog.exchange.moodle_xml import read_root
from lms.catalog.exchange.qti import question_of
from lms.catalog.exchange.qti_package import read_package, read_test
from lms.catalog.exchange.report import Finding, Notes, Outcome, Reading, RefusedItem
from lms.catalog.exchange.xml_source import Element, local, parse
from lms.catalog.files import MB, MOST_BYTES, UNREADABLE, Files, from_folder, from_zip
from lms.catalog.loader import load_zip
from lms.catalog.problems import Report
from lms.policy.tabular import decode

SUFFIXES = frozenset({".gift", ".txt", ".xml", ".csv", ".zip"})
MANIFEST = "imsmanifest.xml"
COURSE = "course.yaml"
STIMULUS = "This is a text that items share, and asks nothing itself: give the folder or the zip with the items."
NOT_QUESTIONS = {
    "assessmentResult": "This reports results of an assessment; it holds no questions.",
    "qti-assessment-result": "This reports results of an assessment; it holds no questions.",
    "manifest": "This is the table of contents of a package: give the folder or the zip that it stands in.",
    "assessmentStimulus": STIMULUS,
    "qti-assessment-stimulus": STIMULUS,
    "responseProcessing": "These are rules that items are scored by; give the folder or the zip with the items.",
    "qti-response-processing": "These are rules that items are scored by; give the folder or the zip with the items.",
    "html": "This is a web page, not a question format.",
}
OLD_QTI = "This is QTI 1.2, which is not read here: export QTI 2.1 or later, or Moodle XML."


def read_path(path: Path) -> tuple[Reading, ...]:
    """Everything at `path`, one reading for each file; nothing is opened that could do harm."""
    report = Report()
    if _is_course(path):
        return (read_course(path),)
    if path.is_dir():
        return _of_files(from_folder(path, report), path.name, report)
    if not path.is_file():
        return (refusal(path.name, "There is no such file."),)
    if path.stat().st_size > MOST_BYTES:
        return (refusal(path.name, f"The file is larger than {MOST_BYTES // MB} MB."),)
    data = path.read_bytes()
    if data.startswith(b"PK\x03\x04"):
        return _of_files(from_zip(BytesIO(data), report, path.name), path.name, report)
    return (read_data(data, path.name, {}),)


def read_upload(data: bytes, name: str) -> tuple[Reading, ...]:
    """What an uploaded file holds, as `read_path` reads it."""
    if not data.startswith(b"PK\x03\x04"):
        return (read_data(data, name, {}),)
    if _is_course_zip(BytesIO(data)):
        return (reading_of(load_zip(BytesIO(data), name), name),)
    report = Report()
    return _of_files(from_zip(BytesIO(data), report, name), name, report)


def _is_course(path: Path) -> bool:
    return (path / COURSE).is_file() if path.is_dir() else _is_course_zip(path)


def _is_course_zip(file: Path | BytesIO) -> bool:
    try:
        with zipfile.ZipFile(file) as archive:
            return any(name == COURSE or name.endswith(f"/{COURSE}") for name in archive.namelist())
    except UNREADABLE:
        return False  # whoever reads it next says what is wrong with it


def refusal(file: str, message: str, line: int = 0, column: int = 0) -> Reading:
    finding = Finding(Place(file, line, column), Outcome.REFUSED, message)
    return Reading(file, "unknown", (), (finding,))


def _of_files(files: Files, name: str, report: Report) -> tuple[Reading, ...]:
    readings = [refusal(problem.file, problem.message, problem.line) for problem in report]
    manifests = [path for path in files if path.rpartition("/")[2] == MANIFEST]
    inside = tuple(path.removesuffix(MANIFEST) for path in manifests)
    for folder in inside:
        package = {path[len(folder) :]: data for path, data in files.items() if path.startswith(folder)}
        readings.append(read_package(package, f"{folder}{MANIFEST}"))
    rest = {path: data for path, data in files.items() if not path.startswith(inside)} if inside else files
    readings += _loose(rest)
    if not readings:
        readings.append(refusal(name, "There is no file here that could hold questions."))
    return tuple(readings)


def _loose(files: Mapping[str, bytes]) -> Iterator[Reading]:
    for path, data in files.items():
        if Path(path).suffix.lower() not in SUFFIXES:
            continue
        if data.startswith(b"PK\x03\x04"):
            yield refusal(path, "A zip inside is not opened; unpack it and give the folder.")
            continue
        yield read_data(data, path, files)


def read_data(data: bytes, file: str, files: Mapping[str, bytes]) -> Reading:
    """One file by what it holds, its name only deciding between kinds of text."""
    if not data.strip():
        return refusal(file, "The file is empty.")
    if _looks_like_xml(data, Path(file).suffix.lower()):
        return _read_xml(data, file, files)
    text = decode(data)
    if text is None:
        return refusal(file, "This is neither text nor XML nor a zip.")
    suffix = Path(file).suffix.lower()
    first = next((line for line in text.splitlines() if line.strip()), "").lower()
    if suffix == ".csv" or (suffix != ".gift" and all(name in first for name in HEADINGS[:2])):
        return read_csv(data, file)
    if suffix != ".gift" and not any(sign in text for sign in ("{", "::", "$CATEGORY")):
        return refusal(file, "This text holds no question in GIFT.")
    return read_gift(data, file)


def _looks_like_xml(data: bytes, suffix: str) -> bool:
    start = data[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    if suffix == ".gift":
        return start.startswith(b"<?xml")  # questions in GIFT may begin with a tag
    if start.startswith((b"<?", b"<!")):
        return True
    wide = data.startswith((b"\xff\xfe<\x00", b"\xfe\xff\x00<"))
    return wide or (start.startswith(b"<") and start[1:2].isalpha())


def _read_xml(data: bytes, file: str, files: Mapping[str, bytes]) -> Reading:
    notes = Notes()
    try:
        root = parse(data, file)
    except RefusedItem as refused:
        notes.refused(refused.place or Place(file), refused.message)
        return Reading(file, "xml", (), tuple(notes.found))
    name = local(root)
    if name == "quiz":
        return read_root(root, file, notes)
    if name in {"assessmentItem", "qti-assessment-item"}:
        return read_item_root(root, file, notes, files)
    if name in {"assessmentTest", "qti-assessment-test"}:
        return read_test(root, file, files)
    if name == "questestinterop":
        return _refused(root, file, "qti-1.2", OLD_QTI)
    message = NOT_QUESTIONS.get(name, f"<{name}> is not the root of a question format that is read here.")
    return _refused(root, file, "xml", message)


def _refused(root: Element, file: str, form: str, message: str) -> Reading:
    finding = Finding(Place(file, root.sourceline or 1), Outcome.REFUSED, message)
    return Reading(file, form, (), (finding,))


def read_item_root(root: Element, file: str, notes: Notes, files: Mapping[str, bytes]) -> Reading:
    try:
        question = question_of(root, file, notes, files)
    except RefusedItem as refused:
        notes.refused(refused.place or Place(file, root.sourceline or 1), refused.message, root.get("identifier", ""))
        return Reading(file, "qti", (), tuple(notes.found))
    return Reading(file, "qti", (question,), tuple(notes.found))
