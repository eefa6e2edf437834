"""What the pages of the record store send: parsed and shaped here, decided in the service."""

from typing import Any

from wtforms import PasswordField, SelectChoice, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from lms.lrs.credentials import LONGEST_DESCRIPTION, LONGEST_NAME, Scope
from lms.statements.service import LONGEST_NAME as LONGEST_STORE_NAME
from lms.web.forms import Form, FormDate

SCOPES: dict[str, str] = {
    Scope.WRITE: "Write statements",
    Scope.READ_MINE: "Read the statements that it wrote itself",
    Scope.READ: "Read every statement",
    Scope.STATE: "Read and write state documents",
    Scope.PROFILE: "Read and write profiles of activities and people",
    Scope.DEFINE: "Say what an activity is: its name, its description",
    Scope.ALL_READ: "Read everything, documents too",
    Scope.ALL: "Everything",
}


class CredentialForm(Form):
    name = StringField(
        "Who or what will use it",
        description="For example: Reporting, or the authoring tool of team East.",
        validators=[
            InputRequired("Say who or what will use it."),
            Length(max=LONGEST_NAME, message=f"The name may have {LONGEST_NAME} characters at most."),
        ],
    )
    description = TextAreaField(
        "What it is for",
        description="For whoever looks at this list in a year.",
        validators=[
            Length(max=LONGEST_DESCRIPTION, message=f"This may have {LONGEST_DESCRIPTION} characters at most.")
        ],
    )
    scopes: Any = SelectMultipleField(
        "What it may do",
        choices=[SelectChoice(str(scope), label) for scope, label in SCOPES.items()],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    def validate_scopes(self, field: Any) -> None:
        # Not InputRequired: it would make the browser ask for every one of the boxes.
        if not field.data:
            raise ValidationError("Choose at least one thing that it may do.")


class StoreForm(Form):
    name = StringField(
        "Name",
        description="As it is called on these pages, for example: Analytics.",
        validators=[
            InputRequired("Give the store a name."),
            Length(max=LONGEST_STORE_NAME, message=f"The name may have {LONGEST_STORE_NAME} characters at most."),
        ],
    )
    endpoint = StringField(
        "Address",
        description="The xAPI endpoint, as far as before “statements”: https://lrs.example.com/xapi/",
        validators=[InputRequired("Write the address that the store gave you.")],
    )
    user = StringField("User or key", validators=[InputRequired("Write the user or key that the store gave you.")])
    password = PasswordField("Password or secret")


class NewStoreForm(StoreForm):
    owed_from = FormDate(
        "Send what was recorded since",
        description="Leave it empty to send everything there ever was.",
        validators=[Optional()],
    )


class ReplayForm(Form):
    since = FormDate(
        "Send again what was recorded since",
        description="A statement that arrives twice counts once.",
        validators=[InputRequired("Choose the day from which on to send again.")],
    )
