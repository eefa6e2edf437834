"""`/xapi`: the learning record store for every xAPI tool. Guarded by key pairs, not by sign-in."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, current_app, g, request, url_for
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException

from lms import clock
from lms.lrs import protocol, queries, service
from lms.lrs.protocol import Refusal, answer, with_credentials
from lms.lrs.service import VERSION, Conflict
from lms.lrs.validate import InvalidStatement
from lms.web import csrf
from lms.web.guards import public, writes

bp = Blueprint("lrs", __name__)


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    csrf.exempt(bp)  # programs with their own credentials; a browser holds no cookie for it


@bp.get("/xapi/about")
@public
def about() -> Response:
    return answer({"version": [VERSION]})


# A client whose endpoint ends in a slash asks for `…//statements`; a redirect would lose its body.
@bp.get("/xapi//statements", merge_slashes=False)
@bp.get("/xapi/statements")  # registered first, so that links are made with it
@public
@with_credentials
def statements() -> Response:
    given = protocol.parameters()
    one = protocol.single(given)
    if one is not None:
        statement_id, voided = one
        found = queries.statement(statement_id, voided=voided)
        if found is None:
            raise Refusal(404, f"There is no {'voided ' if voided else ''}statement {statement_id}.")
        response = Response(found.body, mimetype="application/json")
        response.last_modified = found.stored
        return response
    page = queries.page(protocol.filters(given))
    more = "" if page.next is None else _more(given, page.next)
    # The bodies are JSON already: reading them to write them again would be most of the work.
    text = f'{{"statements":[{",".join(page.bodies)}],"more":{_quoted(more)}}}'
    return Response(text, mimetype="application/json")


@bp.put("/xapi/statements")
@bp.put("/xapi//statements", merge_slashes=False, endpoint="put_statement_slash")
@public
@with_credentials
@writes
def put_statement() -> Response:
    statement_id = request.args.get("statementId")
    if statement_id is None or len(request.args) != 1:
        raise Refusal(400, "PUT takes statementId and no other parameter.")
    statement = protocol.body()
    if not isinstance(statement, dict):
        raise Refusal(400, "PUT takes one statement.")
    if str(statement.setdefault("id", statement_id)).lower() != statement_id.lower():
        raise Refusal(400, "statement.id: is not the statementId of the address.")
    _keep([statement])
    return Response(status=204)


@bp.post("/xapi/statements")
@bp.post("/xapi//statements", merge_slashes=False, endpoint="post_statements_slash")
@public
@with_credentials
@writes
def post_statements() -> Response:
    if request.args:
        raise Refusal(400, f"POST takes no parameters, not {min(request.args)}.")
    body = protocol.body()
    return answer([str(id_) for id_ in _keep(body if isinstance(body, list) else [body])])


def _keep(statements: list[dict[str, Any]]) -> tuple[Any, ...]:
    authority = {
        "objectType": "Agent",
        "account": {"homePage": current_app.config["SETTINGS"].base_url, "name": f"lrs:{g.lrs_key}"},
    }
    try:
        return service.store(statements, at=clock.now(), authority=authority)
    except InvalidStatement as wrong:
        raise Refusal(400, str(wrong)) from wrong
    except Conflict as wrong:
        raise Refusal(409, f"{wrong}.") from wrong


def _more(given: Mapping[str, str], following: queries.Filter) -> str:
    query = {name: value for name, value in given.items() if name != "after"}
    return url_for(".statements") + "?" + urlencode({**query, "after": protocol.cursor(following)})


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


bp.register_error_handler(Refusal, protocol.refused)


@bp.errorhandler(DataError)
@bp.errorhandler(OverflowError)
@bp.errorhandler(RecursionError)
def _unusable(wrong: Exception) -> Response:
    current_app.logger.warning("refused as unusable: %s %s", request.method, request.path, exc_info=wrong)
    return protocol.refused(Refusal(400, "Something in the request is too large or too deep to be kept."))


@bp.errorhandler(HTTPException)
def _http_error(wrong: HTTPException) -> Response:
    """Also what the framework refuses is answered in JSON: too large, wrong method."""
    return protocol.refused(Refusal(wrong.code or 500, wrong.description or wrong.name))


@bp.after_request
def _speak(response: Response) -> Response:
    response.headers[protocol.VERSION_HEADER] = VERSION
    if request.method in {"GET", "HEAD"} and request.endpoint == "lrs.statements":
        through = queries.consistent_through(clock.now())
        response.headers[protocol.THROUGH_HEADER] = _instant(through)
    return response


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
