"""What holds on a day, as conditions for statements that are built once and asked often."""

from typing import Any

from sqlalchemy import ColumnElement, Date, Uuid, and_, bindparam, or_

from lms.people.models import Delegation, ReportingLine

DAY = bindparam("day", type_=Date())
PERSON = bindparam("person", type_=Uuid())


# Columns of tables, not of classes: what is read by these conditions are values, never objects.
_LINE: Any = ReportingLine.__table__
_DELEGATION: Any = Delegation.__table__


def is_here(person: Any) -> ColumnElement[bool]:
    """`person`: the class, an alias of it or the columns of its table."""
    return or_(person.left_on.is_(None), person.left_on > DAY)


def line_holds() -> ColumnElement[bool]:
    return and_(_LINE.c.starts_on <= DAY, or_(_LINE.c.ends_on.is_(None), _LINE.c.ends_on > DAY))


def delegation_holds() -> ColumnElement[bool]:
    return and_(_DELEGATION.c.starts_on <= DAY, _DELEGATION.c.ends_on >= DAY)
