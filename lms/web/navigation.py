"""The navigation table: which pages are offered to whom. One of the two files that know actors."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask, current_app, g, request, url_for
from flask_login import current_user
from markupsafe import Markup

from lms.policy.access import Actor, Permission, Role, allows


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the navigation. `covers`: endpoints (or whole blueprints, "transfer.") that belong under it."""

    endpoint: str
    label: str
    permission: Permission = Permission.SIGNED_IN
    covers: tuple[str, ...] = ()
    about_self: bool = False  # the address takes the viewer's own id
    unless: Permission | None = None  # who holds this finds the page elsewhere
    of_reps: bool = False  # not for those whose roles are all others: it would be an empty page


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True, eq=False)
class Navigation:
    """The items of the lists of links, drawn; empty for a visitor."""

    main: Markup | str = ""
    admin: Markup | str = ""
    own: Markup | str = ""
    home: str = "/"
    sign_out: str = ""


NOTHING_OFFERED = Navigation()

# Also what a form posts to: a form that is refused is answered at its own address.
REVIEWING = tuple(
    f"transfer.{name}"
    for name in (
        "review",
        "workbook",
        "open_review",
        "approve",
        "adjust",
        "return_",
        "release",
        "observe",
        "record_observation",
        "verify",
        "query",
        "note",
        "waive",
        "reopen",
        "override_preparation",
    )
)
# Leads to the first of the pages in ADMIN, and is current on all of them.
ADMIN_HOME = Entry("people.directory", "Admin", Permission.PEOPLE_ADMIN)
ADMIN_OF_PEOPLE = tuple(
    f"people.{name}"
    for name in (
        "person_admin",
        "new_person",
        "add_person",
        "change_details",
        "change_role",
        "change_line",
        "change_team",
        "invite",
        "invite_all",
        "import_people",
        "stage_people",
        "import_report",
        "apply_import",
    )
)
CREDENTIALS = ("statements.make_credential", "statements.revoke_credential")
METRICS = (*(f"performance.{name}" for name in ("import_file", "stage_file", "apply_file")), "metrics.")
REPAIRING = ("items.repair_page", "items.decide", "items.repairs", "items.ask_preview", "items.previewed")
# An author who is no administrator: the bank stands in the bar, the other pages about courses in the menu.
AUTHOR_HOME = Entry("items.search", "Questions", Permission.CATALOG_PUBLISH, unless=Permission.PEOPLE_ADMIN)
MAIN = (
    Entry("dashboard.today", "Today"),
    Entry("transfer.queue", "Queue", Permission.QUEUE_VIEW, REVIEWING),
    Entry("dashboard.team", "Team", Permission.TEAM_VIEW, ("dashboard.person", "performance.team_numbers")),
    Entry("learning.courses", "Courses", covers=("learning.", "assessment.", "transfer.")),
    Entry("practice.review", "Review", covers=("practice.",), unless=Permission.TEAM_VIEW),
    # Five links fit one row of a phone; a manager's own and team's numbers move into the menu.
    Entry("performance.numbers", "My numbers", about_self=True, unless=Permission.TEAM_VIEW, of_reps=True),
    ADMIN_HOME,
    AUTHOR_HOME,
)
ADMIN = (
    Entry("people.directory", "People", Permission.PEOPLE_ADMIN, ADMIN_OF_PEOPLE),
    Entry("catalog.admin", "Course versions", Permission.CATALOG_PUBLISH, ("catalog.",)),
    Entry(
        "items.search",
        "Questions",
        Permission.CATALOG_PUBLISH,
        ("items.item", "items.move", "items.note", "exchange.", *REPAIRING),
    ),
    Entry("items.tests", "Tests", Permission.CATALOG_PUBLISH, ("items.test",)),
    Entry("performance.metrics", "Metrics", Permission.METRICS_ADMIN, METRICS),
    Entry("dashboard.statements", "Statements", Permission.SYSTEM_ADMIN, ("dashboard.stored_statement",)),
    Entry("statements.credentials", "xAPI credentials", Permission.SYSTEM_ADMIN, CREDENTIALS),
    Entry("statements.deliveries", "Deliveries", Permission.SYSTEM_ADMIN, ("statements.", "people.refused_mail")),
)
OWN = (
    Entry("practice.review", "Review", Permission.TEAM_VIEW, ("practice.",)),
    Entry("performance.team_numbers", "Team numbers", Permission.TEAM_VIEW),
    Entry("performance.numbers", "My numbers", Permission.TEAM_VIEW, about_self=True),
    Entry("dashboard.record", "My record"),
    Entry("people.account", "Account", covers=("people.change_password",)),
    Entry("people.delegates", "Delegates", Permission.DELEGATE),
)
TABLES = (MAIN, ADMIN, OWN)
# Stands for the viewer's own id in what is drawn once for everybody with the same roles.
ANYBODY = UUID(int=0)
ITEM = Markup('<li><a href="{}"{}>{}</a></li>')
CURRENT = Markup(' aria-current="page"')


def viewer() -> Any | None:
    """Who is signed in; None for a visitor, and on a page that must work without the database."""
    if g.get("without_viewer") or not hasattr(current_app, "login_manager"):
        return None
    person = current_user._get_current_object()  # not the proxy: pages ask it many times
    return person if person.is_authenticated else None


def _is_current(entry: Entry, endpoint: str) -> bool:
    if endpoint == entry.endpoint:
        return True
    return any(endpoint == one or (one.endswith(".") and endpoint.startswith(one)) for one in entry.covers)


def _offered(entry: Entry, actor: Actor) -> bool:
    if entry.of_reps and actor.roles and Role.REP not in actor.roles:
        return False
    return allows(actor, entry.permission) and not (entry.unless and allows(actor, entry.unless))


def _links(
    table: tuple[Entry, ...], actor: Actor, current: Entry | None, above: Entry | None = None
) -> tuple[Link, ...]:
    """`above`: the entry of the bar under which a page of the menu belongs."""
    return tuple(
        Link(
            entry.label,
            url_for(entry.endpoint, person_id=actor.id) if entry.about_self else url_for(entry.endpoint),
            entry is current or entry is above,
        )
        for entry in table
        if entry.endpoint in current_app.view_functions and _offered(entry, actor)
    )


def _drawn(links: tuple[Link, ...]) -> Markup:
    return Markup().join(ITEM.format(one.href, CURRENT if one.is_current else "", one.label) for one in links)


def _draw(actor: Actor, endpoint: str, *, is_about_self: bool) -> Navigation:
    homes = (ADMIN_HOME, AUTHOR_HOME)
    entries = [entry for table in TABLES for entry in table if entry not in homes and _offered(entry, actor)]
    exact = [entry for entry in entries if entry.endpoint == endpoint]
    current = next(iter(exact or [entry for entry in entries if _is_current(entry, endpoint)]), None)
    if current is not None and current.about_self and not is_about_self:
        current = None  # someone else's numbers are not "My numbers"
    above = next((entry for entry in entries if current in OWN and endpoint in entry.covers), None)
    if current in ADMIN:
        is_bank = current is not None and current.endpoint == AUTHOR_HOME.endpoint
        above = ADMIN_HOME if _offered(ADMIN_HOME, actor) else AUTHOR_HOME if is_bank else None
    main, admin, own = (_drawn(_links(table, actor, current, above)) for table in TABLES)
    return Navigation(main, admin, own, url_for("dashboard.today"), url_for("people.sign_out"))


def navigation(person: Any | None) -> Navigation:
    """What this reader is offered here; empty for a visitor. Addresses of their own name `ANYBODY`.

    Drawn once for all with the same roles, as every page has it: the same object for the same.
    """
    if person is None:
        return NOTHING_OFFERED
    endpoint = request.endpoint or ""
    is_about_self = (request.view_args or {}).get("person_id") == person.id
    key = (person.roles, person.manages_people, endpoint, is_about_self, request.script_root)
    kept: dict[Any, Navigation] = current_app.extensions.setdefault("navigation", {})
    found = kept.get(key)
    if found is None:
        actor = Actor(ANYBODY, person.roles, person.manages_people)
        found = kept[key] = _draw(actor, endpoint, is_about_self=is_about_self)
    return found


def init_app(app: Flask) -> None:
    app.add_template_global(viewer)
