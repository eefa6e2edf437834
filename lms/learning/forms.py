"""The form by which a manager or an admin assigns a course."""

from collections.abc import Iterable

from flask_wtf import FlaskForm
from wtforms import DateField, SelectField
from wtforms.validators import InputRequired, Optional

from lms.catalog.queries import VersionRow


class EnrollForm(FlaskForm):
    version = SelectField("Course", validators=[InputRequired("Choose a course.")])
    due_on = DateField("Due on", validators=[Optional()])

    def offer(self, versions: Iterable[VersionRow]) -> None:
        """The newest version of each course."""
        self.version.choices = [
            ("", "Choose a course"),
            *((str(row.id), f"{row.title} (version {row.number})") for row in versions),
        ]
