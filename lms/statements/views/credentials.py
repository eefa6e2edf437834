"""Who may use `/xapi`: key pairs, made and revoked. A secret is on the page that answers its making, nowhere else."""

from flask import flash, make_response, redirect, render_template, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from lms import clock
from lms.errors import RuleViolation
from lms.lrs import credentials as keys
from lms.lrs.credentials import REMEMBERED_SECONDS, NewCredential, Scope
from lms.policy.access import Permission
from lms.statements import service
from lms.statements.forms import SCOPES, CredentialForm
from lms.statements.views.blueprint import bp, viewer
from lms.web.guards import requires, writes


@bp.get("/admin/xapi-credentials")
@requires(Permission.SYSTEM_ADMIN)
def credentials() -> Response:
    return _page(CredentialForm(data={"scopes": [Scope.WRITE, Scope.READ_MINE]}))


@bp.post("/admin/xapi-credentials")
@requires(Permission.SYSTEM_ADMIN)
@writes
def make_credential() -> Response:
    form = CredentialForm()
    if not form.validate():
        return _page(form, status=422)
    made = service.make_credential(
        form.name.data, scopes=form.scopes.data, description=form.description.data or "", by=viewer(), at=clock.now()
    )
    # Not a redirect: what the secret is carried in would keep it, be it a cookie or the database.
    return _page(CredentialForm(formdata=None, data={"scopes": []}), made=made, status=201)


@bp.post("/admin/xapi-credentials/<key>/revoke")
@requires(Permission.SYSTEM_ADMIN)
@writes
def revoke_credential(key: str) -> Response:
    try:
        service.revoke_credential(key, by=viewer(), at=clock.now())
    except RuleViolation as refused:
        raise NotFound from refused
    flash(f"The credential is revoked. Within {REMEMBERED_SECONDS:g} seconds it opens nothing any more.", "success")
    return redirect(url_for(".credentials"), 303)


def _page(form: CredentialForm, *, made: NewCredential | None = None, status: int = 200) -> Response:
    found = keys.all_credentials()
    response = make_response(
        render_template(
            "statements/credentials.html",
            form=form,
            made=made,
            active=[one for one in found if one.revoked_at is None][::-1],
            revoked=[one for one in found if one.revoked_at is not None][::-1],
            scopes=SCOPES,
            endpoint=url_for("lrs.about", _external=True).removesuffix("about"),
        ),
        status,
    )
    response.headers["Cache-Control"] = "no-store"
    return response
