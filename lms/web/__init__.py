"""What every page needs and no capability: guards, forms, error pages, wording, navigation, charts, templates."""

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from lms.web import assets, charts, errors, formats, forms, headers, navigation, resume, style

csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    """CSRF protection, headers, error pages, template filters and globals."""
    # A worksheet may stay open for a week: the token lives as long as the session it belongs to.
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    csrf.init_app(app)
    # The LRS is called by programs with their own credentials; a browser never holds a cookie for it.
    csrf.exempt("lms.lrs.views")
    app.jinja_env.lstrip_blocks = True
    app.add_template_global(forms.error_summary)
    for part in (assets, headers, formats, navigation, charts, resume, errors, style):
        part.init_app(app)
