"""Statements that other statements speak of, whether they are voided or not."""

from collections.abc import Collection, Mapping
from uuid import UUID

from lms.lrs import sql
from lms.lrs.queries.statements import Found


def mentioned(ids: Collection[UUID]) -> Mapping[UUID, str]:
    """The bodies of those that are stored."""
    if not ids:
        return {}
    condition, values = sql.among("id", ids)
    rows = sql.run(f"SELECT id, body FROM stored_statement WHERE {condition}", *values)
    return {sql.as_uuid(id_): body for id_, body in rows}


def voiding(statement_id: UUID) -> Found | None:
    """The statement that voids this one, if any does."""
    row = sql.run(
        "SELECT s.position, s.body FROM voided_statement v JOIN stored_statement s ON s.position = v.position "
        "WHERE v.target_id = %s",
        sql.sixteen(statement_id),
    ).one_or_none()
    return None if row is None else Found(row[0], row[1])
