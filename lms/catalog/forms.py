"""What the publishing pages send."""

from pathlib import Path

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import RadioField, SelectChoice, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

CLASSES = (
    SelectChoice("cosmetic", "Cosmetic: spelling or layout. People in the course may be moved to it."),
    SelectChoice("clarifying", "Clarifying: the same meaning said better. People in the course may be moved to it."),
    SelectChoice("substantive", "Substantive: meaning, answers, scoring or gates. People in it stay on theirs."),
)


class UploadForm(FlaskForm):
    file = FileField("A zip of the course folder", description="Up to 16 MB.")
    folder = SelectField("Or a course that came with this installation", choices=[], default="")

    def __init__(self, folders: tuple[str, ...], **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.folder.choices = [SelectChoice("", "None"), *(SelectChoice(name, name) for name in folders)]


class PublishForm(FlaskForm):
    change_class = RadioField(
        "What kind of change is this?",
        choices=CLASSES,
        validators=[InputRequired("Say what kind of change this is.")],
    )
    note = TextAreaField(
        "What changed, and why",
        description="Kept with the version, for the people who ask later.",
        validators=[Length(max=500, message="500 characters are the most.")],
    )

    def __init__(self, *, is_first: bool, **kwargs: object) -> None:
        """`is_first`: nothing is published yet that version 1 could be a change of."""
        super().__init__(**kwargs)
        if is_first:
            del self.change_class
            self.note.label.text = "A note"


def folder_names(root: Path) -> tuple[str, ...]:
    """Course folders of the installation that may be chosen by name; nothing else on the server can be."""
    if not root.is_dir():
        return ()
    return tuple(sorted(path.name for path in root.iterdir() if (path / "course.yaml").is_file()))
