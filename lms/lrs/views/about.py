"""The About resource: which versions are spoken."""

from flask import Response

from lms.lrs import versions
from lms.lrs.protocol import answer


def told() -> Response:
    return answer({"version": list(versions.LISTED)})
