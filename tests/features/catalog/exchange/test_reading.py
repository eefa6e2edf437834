"""From paths to readings: which format a file is, and what does harm staying outside."""

import io
import zipfile

import pytest

from lms.catalog.exchange.reading import read_path
from tests.features.catalog.exchange.material import MATCH, item, read, refused


@pytest.mark.parametrize(
    ("words", "name", "form"),
    [
        ("One?{T}", "a.gift", "gift"),
        ("One?{T}", "a.txt", "gift"),
        ("A note without an answer.", "a.gift", "gift"),
        ("\ufefftype,prompt\nessay,Why?\n", "a.txt", "csv"),
        ("type;prompt\nessay;Why?\n", "a.csv", "csv"),
        ("\ufeff<?xml version='1.0'?><quiz/>", "a.xml", "moodle-xml"),
        ("  <quiz></quiz>", "a.txt", "moodle-xml"),
        (item("<p>Look.</p>").decode(), "a.xml", "qti"),
    ],
)
def test_a_file_is_known_by_what_it_holds(words, name, form):
    assert read(words, name).format == form


def test_utf_16_is_read():
    assert read("<?xml version='1.0' encoding='utf-16'?><quiz/>".encode("utf-16"), "a.xml").format == "moodle-xml"
    assert read("Größe?{=1,80 m}".encode("utf-16"), "a.gift").questions[0].prompt.text == "Größe?"


@pytest.mark.parametrize(
    ("words", "name", "reason"),
    [
        ("", "a.gift", "empty"),
        (b"\x00\x01\x02", "a.gift", "neither text nor XML"),
        ("Nothing like it.", "readme.txt", "holds no question in GIFT"),
        ("<questestinterop/>", "a.xml", "QTI 1.2"),
        ("<manifest/>", "a.xml", "table of contents of a package"),
        ("<assessmentResult/>", "a.xml", "holds no questions"),
        ("<html><body/></html>", "a.xml", "web page"),
        ("<poem/>", "a.xml", "<poem> is not the root"),
        ("<quiz>\n<question>\n</quiz>", "a.xml", "a.xml:3:8: refused: This is not well-formed XML"),
        ("<quiz>&nbsp;</quiz>", "a.xml", "not defined"),
    ],
)
def test_what_is_no_question_format_is_refused_with_the_reason(words, name, reason):
    assert reason in refused(words, name)


def test_entities_are_not_read(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("password", encoding="utf-8")
    declared = f'<!DOCTYPE quiz [<!ENTITY leak SYSTEM "{secret.as_uri()}">]>'
    assert "entities" in refused(f"{declared}<quiz><question type='essay'>&leak;</question></quiz>", "a.xml")


def test_entities_that_multiply_are_not_read():
    grown = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE quiz [<!ENTITY e0 "ha">{grown}]><quiz>&e11;</quiz>'
    assert "refused" in refused(bomb, "a.xml")


def test_a_document_type_that_declares_nothing_is_harmless():
    assert read('<!DOCTYPE quiz SYSTEM "http://127.0.0.1:9/quiz.dtd"><quiz/>', "a.xml").findings == ()


def test_elements_nested_beyond_reason_are_refused():
    deep = "<div>" * 150 + "</div>" * 150
    assert "nested more than" in refused(item(deep), "a.xml")


def packed(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_a_folder_and_its_zip_read_the_same(tmp_path):
    folder = tmp_path / "bank"
    (folder / "deeper").mkdir(parents=True)
    (folder / "a.gift").write_text("One?{T}", encoding="utf-8")
    (folder / "deeper" / "b.xml").write_bytes(item("<p>Look.</p>", "", MATCH))
    (folder / "picture.png").write_bytes(b"not looked at")
    from_folder = read_path(folder)
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert [reading.file for reading in from_folder] == ["a.gift", "deeper/b.xml"]
    assert read_path(packed(tmp_path / "bank.zip", files)) == from_folder


@pytest.mark.parametrize(
    ("name", "reason"),
    [("../a.gift", "leads out"), ("/etc/a.gift", "leads out"), ("a\\b.gift", "no place in it")],
)
def test_a_zip_that_leads_out_is_refused_and_the_rest_read(tmp_path, name, reason):
    readings = read_path(packed(tmp_path / "bank.zip", {name: "One?{T}", "good.gift": "Two?{T}"}))
    assert any(reason in str(finding) for reading in readings for finding in reading.refusals)
    assert [question.prompt.text for reading in readings for question in reading.questions] == ["Two?"]


def test_a_zip_that_grows_beyond_measure_is_refused(tmp_path):
    (reading, *_) = read_path(packed(tmp_path / "bomb.zip", {"a.gift": b" " * 30_000_000}))
    assert "times its packed size" in str(reading.refusals[0])


def test_a_zip_in_a_zip_is_not_opened(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.gift", "One?{T}")
    (reading,) = read_path(packed(tmp_path / "bank.zip", {"inner.zip": inner.getvalue()}))
    assert "not opened" in str(reading.refusals[0])


def test_a_package_cannot_name_files_outside(tmp_path):
    manifest = (
        '<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"><resources><resource identifier="I" '
        'type="imsqti_item_xmlv2p2" href="../../secret.xml"/></resources></manifest>'
    )
    (reading,) = read_path(packed(tmp_path / "package.zip", {"imsmanifest.xml": manifest}))
    assert "missing" in str(reading.refusals[0])


def test_a_path_that_is_not_there_is_said(tmp_path):
    (reading,) = read_path(tmp_path / "nothing.gift")
    assert "no such file" in str(reading.refusals[0])
    (empty,) = read_path(tmp_path)
    assert "no file here" in str(empty.refusals[0])
