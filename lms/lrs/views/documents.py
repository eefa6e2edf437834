"""The State, Activity Profile and Agent Profile resources."""

from collections.abc import Callable, Mapping
from functools import partial

from flask import Response

from lms import clock
from lms.lrs import parameters, protocol, queries, service, turns
from lms.lrs.addresses import Resource
from lms.lrs.protocol import Call, Refusal, answer
from lms.lrs.service.documents import Changed, Content, DocumentRefused, Exists, Precondition
from lms.lrs.versions import Version

BINARY = "application/octet-stream"
SCOPES = {Resource.STATE: "state", Resource.ACTIVITY_PROFILE: "profile", Resource.AGENT_PROFILE: "profile"}


def _get(resource: Resource, call: Call) -> Response:
    """One document as it was stored, or the list of their ids."""
    call.client.require(SCOPES[resource], "all/read")
    address, since = parameters.document(call, resource, whole=False)
    if address.document_id is None:
        return answer(list(queries.document_ids(address, since)))
    found = queries.document(address)
    if found is None:
        raise Refusal(404, "There is no such document.")
    response = Response(found.content, content_type=found.content_type)
    response.set_etag(found.etag)
    response.last_modified = found.updated_at
    return response


def _put(resource: Resource, call: Call) -> Response:
    call.client.require(SCOPES[resource])
    address, _ = parameters.document(call, resource)
    is_profile = resource is not Resource.STATE
    turns.begin_transaction()
    with _refusals():
        service.put(
            address,
            _content(call),
            precondition=_precondition(call),
            must_compare=is_profile or call.version is Version.SECOND,
            must_say_new=is_profile and call.version is Version.FIRST,
            at=clock.instant(),
        )
    return Response(status=204)


def _post(resource: Resource, call: Call) -> Response:
    call.client.require(SCOPES[resource])
    address, _ = parameters.document(call, resource)
    turns.begin_transaction()
    with _refusals():
        service.merge(address, _content(call), precondition=_precondition(call), at=clock.instant())
    return Response(status=204)


def _delete(resource: Resource, call: Call) -> Response:
    call.client.require(SCOPES[resource])
    address, _ = parameters.document(call, resource, whole=resource is not Resource.STATE)
    turns.begin_transaction()
    with _refusals():
        if address.document_id is None:
            service.delete_all(address)
        else:
            service.delete(address, precondition=_precondition(call))
    return Response(status=204)


def _content(call: Call) -> Content:
    return Content(call.headers.get("Content-Type") or BINARY, call.content)


def _precondition(call: Call) -> Precondition:
    return Precondition(
        protocol.etags(call.headers, "If-Match"),
        protocol.etags(call.headers, "If-None-Match"),
    )


class _refusals:
    """What the service refuses, as the answer that xAPI gives."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _kind: object, wrong: BaseException | None, _trace: object) -> None:
        if isinstance(wrong, DocumentRefused):
            status = 412 if isinstance(wrong, Changed) else 409 if isinstance(wrong, Exists) else 400
            raise Refusal(status, str(wrong)) from wrong


def _handlers(resource: Resource) -> Mapping[str, Callable[[Call], Response]]:
    return {
        "GET": partial(_get, resource),
        "PUT": partial(_put, resource),
        "POST": partial(_post, resource),
        "DELETE": partial(_delete, resource),
    }


STATE = _handlers(Resource.STATE)
ACTIVITY_PROFILE = _handlers(Resource.ACTIVITY_PROFILE)
AGENT_PROFILE = _handlers(Resource.AGENT_PROFILE)
