"""What the pages about people send: parsed and shaped here, decided in the service."""

from datetime import date
from zoneinfo import available_timezones

from flask_wtf import FlaskForm
from wtforms import DateField, EmailField, PasswordField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from lms.errors import RuleViolation
from lms.people import directory
from lms.people.passwords import LONGEST, SHORTEST
from lms.people.queries import PersonRow
from lms.web.wording import sentence

REGIONS = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
ZONES = ("UTC", *sorted(zone for zone in available_timezones() if zone.startswith(REGIONS)))
NEW_PASSWORD = Length(
    min=SHORTEST,
    max=LONGEST,
    message=f"The password needs {SHORTEST} to {LONGEST} characters. A few words in a row are easy to remember.",
)


class ForgotForm(FlaskForm):
    email = EmailField(
        "Email", validators=[InputRequired("Write the email address you sign in with."), Length(max=254)]
    )


class NewPasswordForm(FlaskForm):
    password = PasswordField(
        "New password",
        description=f"At least {SHORTEST} characters. A few words in a row are easy to remember.",
        validators=[InputRequired("Choose a password."), NEW_PASSWORD],
    )


class ChangePasswordForm(FlaskForm):
    current_password = PasswordField("Current password", validators=[InputRequired("Write your current password.")])
    new_password = PasswordField(
        "New password",
        description=f"At least {SHORTEST} characters. You stay signed in here and are signed out elsewhere.",
        validators=[InputRequired("Choose a new password."), NEW_PASSWORD],
    )


class ZoneForm(FlaskForm):
    zone = SelectField("Time zone", choices=ZONES, description="Days and times are shown in this zone.")

    def __init__(self, *args: object, current: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        # Zones outside the list (an old name from a file) stay choosable for who has one.
        self.zone.choices = [(zone, zone.replace("_", " ")) for zone in dict.fromkeys((current, *ZONES))]


class DelegateForm(FlaskForm):
    who = StringField(
        "Who stands in",
        description="Email address or full name.",
        validators=[DataRequired("Write who stands in.")],
    )
    starts_on = DateField("First day", validators=[InputRequired("Choose the first day.")])
    ends_on = DateField("Last day", validators=[InputRequired("Choose the last day.")])
    reason = StringField(
        "Reason",
        description="For example: vacation. The person who stands in reads it, and it stays on record.",
        validators=[DataRequired("Write why somebody stands in."), Length(max=500)],
    )


class PersonForm(FlaskForm):
    name = StringField("Name", validators=[DataRequired("Write the name."), Length(max=120)])
    email = EmailField("Email", description="For signing in and for mail.", validators=[Optional(), Length(max=254)])
    job_role = StringField(
        "Job role",
        description="As targets name it, for example: sdr, account-executive.",
        validators=[Optional(), Length(max=64)],
    )
    external_key = StringField(
        "Key", description="Number or name in your HR system or CRM.", validators=[Optional(), Length(max=120)]
    )
    zone = SelectField("Time zone")
    hired_on = DateField("Hired on", validators=[Optional()])

    def __init__(self, *args: object, current_zone: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.zone.choices = [(zone, zone.replace("_", " ")) for zone in dict.fromkeys((current_zone, *ZONES))]


class UploadForm(FlaskForm):
    text = TextAreaField("Or paste the rows here", description="With the header row, as copied from your spreadsheet.")


def person_named(text: str, on: date) -> PersonRow:
    """The one person whom a field means."""
    found = directory.find(text, on)
    if len(found) != 1:
        raise RuleViolation("person_ambiguous" if found else "person_unknown", text=text.strip())
    return found[0]


def day_from(text: str) -> date | None:
    """The day of a date field; None for what is no day."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def told(refused: RuleViolation) -> str:
    """The sentence of a refusal, to be shown at the field or form that caused it."""
    return sentence(refused.code, **refused.facts)
