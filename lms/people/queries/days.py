"""What holds on a day, as conditions for statements that are built once and asked often."""

from sqlalchemy import ColumnElement, Date, Uuid, and_, bindparam, or_

from lms.people.models import Delegation, ReportingLine, User

DAY = bindparam("day", type_=Date())
PERSON = bindparam("person", type_=Uuid())


def is_here(person: type[User]) -> ColumnElement[bool]:
    return or_(person.left_on.is_(None), person.left_on > DAY)


def line_holds() -> ColumnElement[bool]:
    return and_(ReportingLine.starts_on <= DAY, or_(ReportingLine.ends_on.is_(None), ReportingLine.ends_on > DAY))


def delegation_holds() -> ColumnElement[bool]:
    return and_(Delegation.starts_on <= DAY, Delegation.ends_on >= DAY)
