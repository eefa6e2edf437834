"""What every page needs and no capability: guards, forms, error pages, wording, navigation, charts, templates."""

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from jinja2 import Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context

from lms.web import (
    addresses,
    assets,
    charts,
    errors,
    formats,
    forms,
    frame,
    headers,
    input,
    navigation,
    resume,
    sessions,
    style,
)
from lms.web.sessions import csrf_token

csrf = CSRFProtect()


class PlainTemplate(Template):
    """Templates whose macros know nothing of who imports them: each page need not compare its globals with theirs."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        return super()._get_default_module()


def init_app(app: Flask) -> None:
    """CSRF protection, headers, error pages, template filters and globals."""
    # A worksheet may stay open for a week: the token lives as long as the session it belongs to.
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    input.init_app(app)  # before the token is looked for: that reads the form
    csrf.init_app(app)
    # The LRS is called by programs with their own credentials; a browser never holds a cookie for it.
    csrf.exempt("lms.lrs.views")
    # Flask-WTF offers its own in both ways.
    app.add_template_global(csrf_token)
    app.context_processor(lambda: {"csrf_token": csrf_token})
    app.jinja_env.template_class = PlainTemplate
    app.jinja_env.lstrip_blocks = True
    app.add_template_global(forms.error_summary)
    for part in (sessions, addresses, assets, headers, formats, navigation, frame, charts, resume, errors, style):
        part.init_app(app)
