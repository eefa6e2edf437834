"""The words of the mails about accounts: short, plain text, one link, nothing secret besides it."""

from dataclasses import dataclass
from datetime import timedelta

# By kind of mail: how long the link in it can be used. Later, the mail itself is of no use.
LINK_HOLDS = {"password_reset": timedelta(hours=1), "invitation": timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str


def password_reset(name: str, link: str, company: str) -> Letter:
    return Letter(
        "Choose a new password",
        f"""Hello {name},

somebody, probably you, asked for a new password for your account at {company}.
Choose one here, within the next hour:

{link}

The link works once. If it was not you, you need do nothing: your password stays as it is.
""",
    )


def invitation(name: str, link: str, company: str, days: int) -> Letter:
    return Letter(
        f"Your account at {company}",
        f"""Hello {name},

there is a training account for you at {company}. Choose a password here, within {days} days:

{link}

The link works once. Afterwards, sign in with this email address and your password.
""",
    )


def password_changed(name: str) -> Letter:
    return Letter(
        "Your password was changed",
        f"""Hello {name},

your password was changed just now, and you were signed out everywhere.
If it was not you, use "Forgot your password?" on the sign-in page at once and tell your administrator.
""",
    )
