"""`flask --app wsgi items …`: import, export and score questions from files. Only the bank itself needs a database."""

import json
from pathlib import Path

import click
from flask.cli import AppGroup, ScriptInfo
from sqlalchemy.exc import OperationalError, ProgrammingError

from lms import clock
from lms.catalog import question_imports
from lms.catalog.exchange.cases import BadCases, Case, Result, read_cases, run
from lms.catalog.exchange.course_writer import write_items
from lms.catalog.exchange.model import Place, Question
from lms.catalog.exchange.qti_item import QtiItem, item_of
from lms.catalog.exchange.qti_writer import item_xml
from lms.catalog.exchange.reading import read_path
from lms.catalog.exchange.report import Finding, Outcome, Reading, RefusedItem
from lms.catalog.exchange.shown import finding_json, lines, reading_json
from lms.catalog.exchange.statistics_command import statistics
from lms.catalog.exchange.writing import FORMATS, write
from lms.catalog.exchange.xml_source import local, parse
from lms.db import db
from lms.errors import RuleViolation
from lms.people.models import User
from lms.web.wording import sentence

cli = AppGroup("items", help="Questions as files of other systems: GIFT, Moodle XML, QTI, CSV.")
cli.add_command(statistics)
Paths = tuple[Path, ...]
WAYS = (
    "Say --dry-run to check; --objective and --output to write items for a course; or --objective, --course and --as "
    "to bring them into the bank as drafts."
)
NO_DATABASE = "The database cannot be used ({}). Is it there, and migrated? (flask --app wsgi db upgrade)"
A_PATH = click.Path(path_type=Path)


@cli.command("import", with_appcontext=False)
@click.argument("paths", nargs=-1, required=True, type=A_PATH)
@click.option("--dry-run", "--check", "is_dry", is_flag=True, help="Read and report; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
@click.option("--output", type=A_PATH, help="Write the questions here, as the items of an assessment (YAML).")
@click.option("--objective", default="", help="The key of the objective for questions that name none by a tag.")
@click.option("--course", default="", help="The key of the published course into whose bank they go, as drafts.")
@click.option("--as", "email", default="", help="The email address of the author or admin who brings them in.")
@click.option("--next-versions", is_flag=True, help="A key that the bank has already: its next version, not a new key.")
@click.pass_context
def import_items(
    context: click.Context,
    paths: Paths,
    is_dry: bool,
    as_json: bool,
    output: Path | None,
    objective: str,
    course: str,
    email: str,
    next_versions: bool,
) -> None:
    """Read questions from PATHS: files, folders, zips. Leaves with 1 if anything is refused.

    The report names file and line of everything that is taken, changed, lost or refused. With --course and --as what
    can be taken comes into the bank as drafts, all of it or nothing; --output writes it as `items:` to be put into an
    assessment, and needs no database.
    """
    is_into_bank = not is_dry and output is None
    if not is_dry and not objective:
        raise click.UsageError(WAYS)
    if is_into_bank and not (course and email):
        raise click.UsageError(WAYS)
    readings = [reading for path in paths for reading in read_path(path)]
    is_refused = any(reading.refusals for reading in readings)
    _show(readings, as_json)
    if not is_dry and output is not None:
        written = write_items([question for reading in readings for question in reading.questions], objective)
        for finding in written.findings:
            click.echo(str(finding), err=True)
        is_refused = is_refused or any(finding.outcome is Outcome.REFUSED for finding in written.findings)
        if not written.data:
            raise click.ClickException("There is no question to write.")
        output.write_bytes(written.data)
        for path, data in written.files.items():
            target = output.parent / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    if is_into_bank:
        app = context.ensure_object(ScriptInfo).load_app()
        with app.app_context():
            try:
                findings = _into_bank(readings, course, objective, email, takes_next_versions=next_versions)
            except (OperationalError, ProgrammingError) as wrong:
                raise click.ClickException(NO_DATABASE.format(str(wrong.orig).splitlines()[0])) from wrong
        is_refused = is_refused or any(finding.outcome is Outcome.REFUSED for finding in findings)
    if is_refused:
        raise SystemExit(1)


def _into_bank(
    readings: list[Reading], course: str, objective: str, email: str, *, takes_next_versions: bool
) -> list[Finding]:
    """Import what can be taken, in one transaction; what happened to it goes to standard error."""
    if db.engine.dialect.name == "sqlite":
        # Take the write lock before reading: two commands at once then wait for each other.
        db.session.connection(execution_options={"sqlite_begin": "BEGIN IMMEDIATE"})
    by = db.session.scalar(db.select(User).where(db.func.lower(User.email) == email.strip().lower()))
    if by is None:
        raise click.ClickException(f"There is nobody with the email address {email}.")
    try:
        wanted = question_imports.target(course, objective, takes_next_versions=takes_next_versions)
        rows = question_imports.placed(readings, wanted)
        findings = [finding for row in rows for finding in row.candidate.findings]
        for finding in findings:
            click.echo(str(finding), err=True)
        names = ", ".join(dict.fromkeys(reading.file for reading in readings))
        done = question_imports.import_questions(readings, names, wanted, by=by, at=clock.now())
    except RuleViolation as refused:
        db.session.rollback()
        raise click.ClickException(sentence(refused.code, **refused.facts)) from refused
    db.session.commit()
    same = f"; {done.same} were there already" if done.same else ""
    drafts = "1 draft" if len(done.made) == 1 else f"{len(done.made)} drafts"
    click.echo(f"{drafts} came into the bank of “{wanted.course.title}”{same}.", err=True)
    return findings


def _show(readings: list[Reading], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([reading_json(one) for one in readings], indent=2, ensure_ascii=False))
        return
    for line in lines(readings):
        click.echo(line)


@cli.command("export", with_appcontext=False)
@click.argument("paths", nargs=-1, required=True, type=A_PATH)
@click.option("--to", "form", required=True, type=click.Choice(FORMATS), help="The format to write.")
@click.option("--output", required=True, type=A_PATH, help="The file to write; QTI is a zip.")
def export_items(paths: Paths, form: str, output: Path) -> None:
    """Write the questions at PATHS in another format, and say what that format cannot hold.

    Leaves with 1 if a question could not be read or written; the others are written.
    """
    readings = [reading for path in paths for reading in read_path(path)]
    questions = [question for reading in readings for question in reading.questions]
    written = write(questions, form)
    findings: list[Finding] = [one for reading in readings for one in reading.findings] + list(written.findings)
    for finding in findings:
        click.echo(str(finding), err=True)
    refused = [one for one in written.findings if one.outcome is Outcome.REFUSED]
    if len(refused) == len(questions):
        raise click.ClickException("There is no question to write.")
    output.write_bytes(written.data)
    click.echo(f"{len(questions) - len(refused)} of {len(questions)} questions written to {output.name} ({form}).")
    if refused or any(reading.refusals for reading in readings):
        raise SystemExit(1)


@cli.command("score", with_appcontext=False)
@click.argument("item", type=A_PATH)
@click.argument("cases", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
@click.option("--item", "name", default="", help="Which question, by identifier or title, where ITEM holds several.")
def score_item(item: Path, cases: Path, as_json: bool, name: str) -> None:
    """Score the responses in CASES by the rules of ITEM. Leaves with 1 where an expected outcome does not come.

    CASES is JSON: {"cases": [{"name": …, "responses": {"RESPONSE": …}, "expect": {"outcomes": {"SCORE": 1}}}]}.
    A question of GIFT, Moodle XML or CSV is scored as its QTI form; its response is called RESPONSE.
    """
    try:
        found, seed = read_cases(cases.read_text(encoding="utf-8"))
        scored_item = _item(item, name)
    except (BadCases, UnicodeDecodeError) as wrong:
        raise click.ClickException(f"{cases.name} is no file of cases: {wrong}.") from wrong
    except RefusedItem as refused:
        if as_json:
            finding = Finding(refused.place or Place(item.name), Outcome.REFUSED, refused.message)
            click.echo(json.dumps({"item": "", "error": refused.message, "refused": finding_json(finding)}, indent=2))
            raise SystemExit(1) from refused
        raise click.ClickException(f"{refused.place or item.name}: {refused.message}") from refused
    results = [run(scored_item, case, seed) for case in found]
    if as_json:
        document = {"item": scored_item.identifier, "cases": [result.as_json() for result in results]}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        for result in results:
            click.echo(_line(result.case, result))
    if not all(result.is_as_expected for result in results):
        raise SystemExit(1)


def _line(case: Case, result: Result) -> str:
    if result.error:
        word = "as expected, refused" if case.is_expected_to_fail else "refused"
        return f"{case.name}: {word}: {result.error}"
    shown = result.as_json()
    outcomes = ", ".join(f"{name}={json.dumps(value)}" for name, value in shown["outcomes"].items())
    wrong = f"; {'; '.join(result.disagreements)}" if result.disagreements else ""
    return f"{case.name}: {outcomes}{wrong}"


def _item(path: Path, name: str) -> QtiItem:
    """A QTI item as it stands; any other question by way of its QTI form."""
    if path.is_file():
        data = path.read_bytes()
        if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
            root = parse(data, path.name)
            if local(root) in {"assessmentItem", "qti-assessment-item"}:
                return item_of(root, path.name)
    readings = read_path(path)
    questions = [question for reading in readings for question in reading.questions]
    wanted = [one for one in questions if not name or name in {one.identifier, one.title}]
    if len(wanted) == 1:
        return _as_item(wanted[0])
    if not questions:
        first = next((one for reading in readings for one in reading.refusals), None)
        raise RefusedItem(first.message if first else "There is no question.", first.place if first else None)
    raise RefusedItem(f"There are {len(wanted)} such questions; name one of them with --item.")


def _as_item(question: Question) -> QtiItem:
    return item_of(parse(item_xml(question), question.place.file), question.place.file)
