"""What the store tells: statements, documents, activities, agents."""

from lms.lrs.queries.documents import document, document_ids
from lms.lrs.queries.knowledge import agent_names, attachment_sizes, attachments, definitions
from lms.lrs.queries.mentioned import mentioned, voiding
from lms.lrs.queries.statements import (
    LARGEST_PAGE,
    PAGE,
    Filter,
    Found,
    Page,
    page,
    shortened,
    statement,
    statement_and_moment,
)

__all__ = [
    "LARGEST_PAGE",
    "PAGE",
    "Filter",
    "Found",
    "Page",
    "agent_names",
    "attachment_sizes",
    "attachments",
    "definitions",
    "document",
    "document_ids",
    "mentioned",
    "page",
    "shortened",
    "statement",
    "statement_and_moment",
    "voiding",
]
