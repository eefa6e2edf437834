"""The Statement resource: keeping statements, and giving them back."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, g, request
from sqlalchemy.exc import IntegrityError, OperationalError

from lms.db import db
from lms.lrs import at_once, formats, keys, multipart, parameters, queries, service, signatures, sql, turns
from lms.lrs.formats import Format, Languages
from lms.lrs.json_text import InvalidJson, read_parts
from lms.lrs.protocol import Call, Refusal, answer, flag
from lms.lrs.queries import Found
from lms.lrs.service import Attachments, Conflict, ForeignVoiding
from lms.lrs.validate import InvalidStatement

JSON = "application/json"
# Data can be large, and all of a page's is in memory at once.
LARGEST_PAGE_WITH_DATA = 25
MOST_DATA = 64 * 1024 * 1024
ATTEMPTS = 4

Parts = Sequence[tuple[Any, str]]  # what was read, and from what

_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


# Keeping


def _put(call: Call) -> Response:
    call.client.require("statements/write")
    given = call.known("statementId")
    if "statementId" not in given:
        raise Refusal(400, "statementId is missing.")
    statement_id = str(parameters.uuid(given["statementId"], "statementId"))
    (parts, is_list), attachments = _sent(call)
    [(statement, text)] = [(None, "")] if is_list else parts
    if not isinstance(statement, dict):
        raise Refusal(400, "PUT takes one statement.")
    if "id" not in statement:
        statement["id"], text = statement_id, ""
    if str(statement["id"]).lower() != statement_id:
        raise Refusal(400, "statement.id: is not the statementId of the address.")
    _keep(call, [(statement, text)], attachments)
    return Response(status=204)


def _post(call: Call) -> Response:
    call.client.require("statements/write")
    call.known()
    (parts, _), attachments = _sent(call)
    ids = _keep(call, parts, attachments)
    return answer([str(id_) for id_ in ids])


def _sent(call: Call) -> tuple[tuple[Parts, bool], Attachments]:
    """What stands in the body, and the data that came with it."""
    content_type = call.headers.get("Content-Type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == JSON:
        return _json(call.content), {}
    if kind != multipart.MIXED:
        raise Refusal(400, f"Content-Type must be {JSON} or {multipart.MIXED}.")
    try:
        first, *others = multipart.parts(call.content, multipart.boundary_of(content_type))
        if first.type != JSON:
            raise multipart.InvalidMultipart(f"the first part must be {JSON}")
        return _json(first.content), multipart.attached(others)
    except multipart.InvalidMultipart as wrong:
        raise Refusal(400, f"The body is not {multipart.MIXED} as xAPI has it: {wrong}.") from wrong


def _json(content: bytes) -> tuple[Parts, bool]:
    try:
        return read_parts(content)
    except InvalidJson as wrong:
        raise Refusal(400, f"The body is not JSON in UTF-8 that can be kept: {wrong}") from wrong


def _keep(call: Call, parts: Parts, attachments: Attachments) -> tuple[UUID, ...]:
    authority = call.client.authority
    try:
        batch = service.received(
            [statement for statement, _ in parts],
            texts=[text for _, text in parts],
            authority=authority,
            version=call.version,
            attachments=attachments,
        )
        _look_at_attachments(batch, attachments)
        ready = service.ready(batch, may_define=call.client.may("define"))
        for attempt in range(ATTEMPTS):
            try:
                if not attachments and at_once.keep(ready):
                    return ready.ids
                at = turns.begin(alone=ready.refers)
                return service.keep(ready, at=at, authority=authority, attachments=attachments)
            except (IntegrityError, OperationalError):  # two drew one position, or the database broke a tie
                if attempt == ATTEMPTS - 1:
                    raise
                db.session.rollback()
    except InvalidStatement as wrong:
        raise Refusal(403 if isinstance(wrong, ForeignVoiding) else 400, str(wrong)) from wrong
    except Conflict as wrong:
        raise Refusal(409, f"{wrong}.") from wrong
    raise AssertionError("the last attempt returns or raises")


def _look_at_attachments(batch: Sequence[service.Received], attachments: Attachments) -> None:
    """No data may be left over, and signatures must sign what is said."""
    expected = {sha2 for one in batch for sha2 in one.attachments}
    if left := attachments.keys() - expected:
        raise Refusal(400, f"No statement has an attachment with the sha2 {min(left)}.")
    for index, one in enumerate(batch):
        path = "statement" if len(batch) == 1 else f"statements[{index}]"
        signatures.check(one.said, path, attachments)


# Giving


def _get(call: Call) -> Response:
    mine = None
    if not call.client.may("statements/read", "all/read"):
        call.client.require("statements/read/mine")
        mine = keys.agent_name(call.client.authority)
    given = parameters.of_statements(call)
    format_ = parameters.format_of(given)
    with_data = flag(given, "attachments")
    single = parameters.single(given)
    wanted = None if single else parameters.filters(given, mine)
    languages = Languages(call.headers.get("Accept-Language"))
    with sql.reading():
        if single:
            statement_id, voided = single
            found, g.xapi_through = queries.statement_and_moment(statement_id, voided=voided, authority=mine)
            if found is None:
                raise Refusal(404, f"There is no {'voided ' if voided else ''}statement {statement_id}.")
            response = _answer(_formatted([found], format_, languages)[0], [found], with_data)
            response.last_modified = found.stored
            return response
        assert wanted is not None  # noqa: S101 -- it is one or the other
        if with_data:
            wanted = replace(wanted, limit=min(wanted.limit or LARGEST_PAGE_WITH_DATA, LARGEST_PAGE_WITH_DATA))
        # Asked before the statements are: what this moment promises, the answer can hold.
        g.xapi_through = turns.consistent_through()
        page = queries.page(wanted)
        if with_data:
            page = _with_bearable_data(page, wanted)
        more = "" if page.next is None else _more(call, page.next)
        # The bodies are JSON already: reading them to write them again would be most of the work.
        bodies = ",".join(_formatted(page.found, format_, languages))
        return _answer(f'{{"statements":[{bodies}],"more":{json.dumps(more)}}}', page.found, with_data)


def _with_bearable_data(page: queries.Page, wanted: queries.Filter) -> queries.Page:
    """So many of its statements as have no more data than is held at once, but one at least."""
    total = 0
    for number, size in enumerate(queries.attachment_sizes([one.position for one in page.found]).values()):
        total += size
        if number and total > MOST_DATA:
            return queries.shortened(page, wanted, number)
    return page


def _formatted(found: Sequence[Found], format_: Format, languages: Languages) -> Sequence[str]:
    if format_ is Format.EXACT:
        return [one.body for one in found]
    statements = [json.loads(one.body) for one in found]
    if format_ is Format.IDS:
        return [_write(formats.ids(statement)) for statement in statements]
    definitions = queries.definitions(formats.activity_ids(statements))
    return [_write(formats.canonical(statement, definitions, languages)) for statement in statements]


def _answer(text: str, found: Sequence[Found], with_data: bool) -> Response:
    if not with_data:
        return Response(text, mimetype=JSON)
    came = queries.attachments([one.position for one in found])
    types = {
        part["sha2"].lower(): part["contentType"]
        for one in found
        for statement in [json.loads(one.body)]
        for part in (*statement.get("attachments", ()), *statement["object"].get("attachments", ()))
    }
    body, content_type = multipart.mixed(text, {sha2: (types[sha2], content) for sha2, content in came.items()})
    return Response(body, content_type=content_type)


def _more(call: Call, following: queries.Filter) -> str:
    query = {**call.parameters, "after": str(following.after)}
    return f"{request.path.replace('//', '/')}?{urlencode(query)}"


def instant(moment: datetime) -> str:
    """To the millisecond, and never later than it was."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


HANDLERS = {"GET": _get, "PUT": _put, "POST": _post}
