"""What the store does with what it is sent: statements, and documents."""

from lms.lrs.service.documents import Precondition, delete, delete_all, merge, put
from lms.lrs.service.statements import (
    Attachments,
    Conflict,
    ForeignVoiding,
    Ready,
    Received,
    keep,
    ready,
    received,
    store,
)

__all__ = [
    "Attachments",
    "Conflict",
    "ForeignVoiding",
    "Precondition",
    "Ready",
    "Received",
    "delete",
    "delete_all",
    "keep",
    "merge",
    "put",
    "ready",
    "received",
    "store",
]
