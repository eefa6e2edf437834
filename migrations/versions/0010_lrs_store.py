"""The record store keeps statements in the order in which they were stored, and beside them what each is found by.

A statement's place is one number, when it was stored and below that what keeps two apart; every index entry is a
key of sixteen bytes and such a number. The statements that are there move over; their keys are made from their bodies.
Also what the rest of xAPI needs: references and voiding, attachments, what is known of activities and agents, documents.

The former table is rebuilt, which the rule of two releases forbids; no release has been made with it.
"""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0010_lrs_store"
down_revision = "0009_performance"
branch_labels = None
depends_on = None

SIXTEEN = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
APART = 1024
ROWS = 500
OLD_INDEXES = ("activity", "actor", "registration", "stored", "verb")


def upgrade() -> None:
    for name in OLD_INDEXES:
        op.drop_index(f"ix_stored_statement_{name}", "stored_statement")
    op.drop_index("ix_stored_statement_target_id", "stored_statement")
    op.rename_table("stored_statement", "former_statement")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE former_statement RENAME CONSTRAINT pk_stored_statement TO pk_former_statement")
    _make_tables()
    _move_in()
    op.drop_table("former_statement")


def _make_tables() -> None:
    op.create_table(
        "stored_statement",
        sa.Column("position", POSITION, autoincrement=False, nullable=False),
        sa.Column("id", SIXTEEN, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_stored_statement")),
    )
    op.create_index("uq_stored_statement_id", "stored_statement", ["id"], unique=True)
    op.create_table(
        "statement_key",
        sa.Column("key", SIXTEEN, nullable=False),
        sa.Column("position", POSITION, nullable=False),
        sa.PrimaryKeyConstraint("key", "position", name=op.f("pk_statement_key")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "statement_reference",
        sa.Column("target_id", SIXTEEN, nullable=False),
        sa.Column("position", POSITION, nullable=False),
        sa.PrimaryKeyConstraint("target_id", "position", name=op.f("pk_statement_reference")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_statement_reference_position", "statement_reference", ["position"], unique=False)
    op.create_table(
        "inherited_key",
        sa.Column("key", SIXTEEN, nullable=False),
        sa.Column("position", POSITION, nullable=False),
        sa.Column("source", POSITION, nullable=False),
        sa.PrimaryKeyConstraint("key", "position", "source", name=op.f("pk_inherited_key")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "voided_statement",
        sa.Column("target_id", SIXTEEN, nullable=False),
        sa.Column("position", POSITION, nullable=False),
        sa.PrimaryKeyConstraint("target_id", name=op.f("pk_voided_statement")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "attachment_content",
        sa.Column("sha2", sa.String(length=128), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha2", name=op.f("pk_attachment_content")),
    )
    op.create_table(
        "statement_attachment",
        sa.Column("position", POSITION, nullable=False),
        sa.Column("sha2", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("position", "sha2", name=op.f("pk_statement_attachment")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "known_activity",
        sa.Column("key", SIXTEEN, nullable=False),
        sa.Column("last_said", SIXTEEN, nullable=True),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_known_activity")),
    )
    op.create_table(
        "known_agent_name",
        sa.Column("agent_key", SIXTEEN, nullable=False),
        sa.Column("name_key", SIXTEEN, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agent_key", "name_key", name=op.f("pk_known_agent_name")),
    )
    op.create_table(
        "lrs_document",
        sa.Column("key", SIXTEEN, nullable=False),
        sa.Column("owner", SIXTEEN, nullable=False),
        sa.Column("registration", SIXTEEN, nullable=True),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("etag", sa.String(length=40), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_lrs_document")),
    )
    op.create_index("ix_lrs_document_owner", "lrs_document", ["owner", "registration"], unique=False)


# Moving in


def _move_in() -> None:
    bind = op.get_bind()
    found = bind.execute(sa.text("SELECT body FROM former_statement ORDER BY stored, id"))
    taken, known = set(), {}
    while rows := found.fetchmany(ROWS):
        statements, keys, references = [], [], []
        for (body,) in rows:
            statement = json.loads(body)
            position = _position(statement["stored"])
            while position in taken:
                position += 1
            taken.add(position)
            statements.append({"position": position, "id": _sixteen(UUID(statement["id"]).bytes), "body": body})
            keys += [{"key": _sixteen(key), "position": position} for key in _keys(statement)]
            _learn(known, statement)
            if statement["object"].get("objectType") == "StatementRef":
                target = _sixteen(UUID(statement["object"]["id"]).bytes)
                references.append({"target_id": target, "position": position})
        bind.execute(_into("stored_statement", "position", "id", "body"), statements)
        bind.execute(_into("statement_key", "key", "position"), keys)
        if references:
            bind.execute(_into("statement_reference", "target_id", "position"), references)
    if known:
        bind.execute(
            _into("known_activity", "key", "definition"),
            [{"key": _sixteen(key), "definition": json.dumps(said)} for key, said in known.items()],
        )
    _void_and_inherit()


def _learn(known: dict, statement: dict) -> None:
    """Definitions as they are merged: what is said later stands, languages that only the earlier one had are kept."""
    thing = statement["object"]
    activities = [thing] if thing.get("objectType", "Activity") == "Activity" else []
    for part in statement.get("context", {}).get("contextActivities", {}).values():
        activities += part if isinstance(part, list) else [part]
    for activity in activities:
        if definition := activity.get("definition"):
            before = known.setdefault(_key("activity", activity["id"]), {})
            for name in ("name", "description", "extensions"):
                if name in definition:
                    definition = {**definition, name: {**before.get(name, {}), **definition[name]}}
            before.update(definition)


def _into(table: str, *columns: str) -> sa.TextClause:
    names, values = ", ".join(columns), ", ".join(f":{name}" for name in columns)
    return sa.text(f"INSERT INTO {table} ({names}) VALUES ({values})")


def _sixteen(value: bytes) -> object:
    return UUID(bytes=value) if op.get_bind().dialect.name == "postgresql" else value


def _position(stored: str) -> int:
    return (datetime.fromisoformat(stored) - EPOCH) // timedelta(microseconds=1) * APART


def _void_and_inherit() -> None:
    """Statements that refer to others void them, or are found by what finds them."""
    bind = op.get_bind()
    by_position = {}
    by_id = {}
    for position, body in bind.execute(
        sa.text(
            "SELECT s.position, s.body FROM stored_statement s WHERE s.position IN (SELECT position FROM statement_reference)"
            " OR s.id IN (SELECT target_id FROM statement_reference)"
        )
    ):
        statement = json.loads(body)
        by_position[position] = statement
        by_id[UUID(statement["id"])] = position
    inherited, voided = set(), {}
    for position, statement in by_position.items():
        target = _target(statement)
        if target is None:
            continue
        known = by_position.get(by_id.get(target))
        if _is_voiding(statement) and not (known and _is_voiding(known)):
            voided.setdefault(target, position)
        passed = {position}
        source = by_id.get(target)
        while source is not None and source not in passed:
            passed.add(source)
            inherited |= {(key, position, source) for key in _keys(by_position[source])}
            source = by_id.get(_target(by_position[source]))
    if voided:
        bind.execute(
            _into("voided_statement", "target_id", "position"),
            [{"target_id": _sixteen(target.bytes), "position": position} for target, position in voided.items()],
        )
    if inherited:
        bind.execute(
            _into("inherited_key", "key", "position", "source"),
            [{"key": _sixteen(key), "position": position, "source": source} for key, position, source in inherited],
        )


def _target(statement: dict) -> UUID | None:
    thing = statement["object"]
    return UUID(thing["id"]) if thing.get("objectType") == "StatementRef" else None


def _is_voiding(statement: dict) -> bool:
    return statement["verb"]["id"] == "http://adlnet.gov/expapi/verbs/voided"


# What a statement is found by, as the release of this migration has it


def _key(*parts: str) -> bytes:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).digest()


def _name(agent: dict) -> str:
    if "account" in agent:
        return f"account\0{agent['account']['homePage']}\0{agent['account']['name']}"
    return next((f"{name}\0{agent[name]}" for name in ("mbox", "mbox_sha1sum", "openid") if name in agent), "")


def _names(agent: dict) -> set[str]:
    return {name for one in (agent, *agent.get("member", ())) if (name := _name(one))}


def _keys(statement: dict) -> set[bytes]:
    thing, verb = statement["object"], statement["verb"]["id"]
    kind = thing.get("objectType", "Activity")
    who = _names(statement["actor"]) | (_names(thing) if kind in {"Agent", "Group"} else set())
    found = {_key("v", verb), _key("by", _name(statement["authority"]))}
    for name in who:
        found |= {_key("a", name), _key("av", name, verb)}
    if kind == "Activity":
        found |= {_key("o", thing["id"]), _key("vo", verb, thing["id"])}
    registration = statement.get("context", {}).get("registration")
    if registration is not None:
        found.add(_key("r", registration.lower()))
    found |= {_key("A", name) for name in _related_agents(statement) - who}
    found |= {_key("O", activity) for activity in _related_activities(statement)}
    return found


def _related_agents(statement: dict) -> set[str]:
    thing, context = statement["object"], statement.get("context", {})
    agents = [statement["actor"], *(context[name] for name in ("instructor", "team") if name in context)]
    agents += [thing] if thing.get("objectType") in {"Agent", "Group"} else []
    found = set().union(*(_names(agent) for agent in agents))
    return found | (_related_agents(thing) if thing.get("objectType") == "SubStatement" else set())


def _related_activities(statement: dict) -> set[str]:
    found = set()
    for part in statement.get("context", {}).get("contextActivities", {}).values():
        found |= {one["id"] for one in (part if isinstance(part, list) else [part])}
    thing = statement["object"]
    if thing.get("objectType") == "SubStatement":
        found |= _related_activities(thing)
        if thing["object"].get("objectType", "Activity") == "Activity":
            found.add(thing["object"]["id"])
    return found


# And back


def downgrade() -> None:
    bind = op.get_bind()
    op.drop_index("uq_stored_statement_id", "stored_statement")
    op.rename_table("stored_statement", "later_statement")
    if bind.dialect.name == "postgresql":
        op.execute("ALTER TABLE later_statement RENAME CONSTRAINT pk_stored_statement TO pk_later_statement")
    op.create_table(
        "stored_statement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stored", sa.DateTime(timezone=True), nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=400), nullable=False),
        sa.Column("verb", sa.String(length=400), nullable=False),
        sa.Column("activity", sa.String(length=400), nullable=False),
        sa.Column("registration", sa.Uuid(), nullable=True),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_statement")),
    )
    for name in OLD_INDEXES:
        columns = ["stored", "id"] if name == "stored" else [name, "stored", "id"]
        op.create_index(f"ix_stored_statement_{name}", "stored_statement", columns, unique=False)
    op.create_index(op.f("ix_stored_statement_target_id"), "stored_statement", ["target_id"], unique=False)
    former = sa.table(
        "stored_statement",
        sa.column("id", sa.Uuid()),
        sa.column("stored", sa.DateTime(timezone=True)),
        sa.column("timestamp", sa.DateTime(timezone=True)),
        *(sa.column(name) for name in ("actor", "verb", "activity", "body", "digest")),
        sa.column("registration", sa.Uuid()),
        sa.column("target_id", sa.Uuid()),
    )
    found = bind.execute(sa.text("SELECT body FROM later_statement ORDER BY position"))
    while rows := found.fetchmany(ROWS):
        bind.execute(former.insert(), [_former(body) for (body,) in rows])
    for name in (
        "later_statement",
        "statement_key",
        "statement_reference",
        "inherited_key",
        "voided_statement",
        "attachment_content",
        "statement_attachment",
        "known_activity",
        "known_agent_name",
        "lrs_document",
    ):
        op.drop_table(name)


def _former(body: str) -> dict:
    statement = json.loads(body)
    thing = statement["object"]
    kind = thing.get("objectType", "Activity")
    registration = statement.get("context", {}).get("registration")
    return {
        "id": UUID(statement["id"]),
        "stored": datetime.fromisoformat(statement["stored"]),
        "timestamp": _aware(statement["timestamp"]),
        "actor": _former_key(_name(statement["actor"])),
        "verb": _former_key(statement["verb"]["id"]),
        "activity": _former_key(
            thing["id"] if kind == "Activity" else _name(thing) if kind in {"Agent", "Group"} else ""
        ),
        "registration": UUID(registration) if registration else None,
        "target_id": _target(statement),
        "body": body,
        # Of what two statements under one id may not differ in; the former release compares with it. It takes what
        # comes again for something else then, which refuses too much rather than too little.
        "digest": hashlib.sha256(body.encode()).hexdigest(),
    }


def _former_key(name: str) -> str:
    text = name.replace("\0", "|")
    return text if len(text) <= 400 else "sha256|" + hashlib.sha256(text.encode()).hexdigest()


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).astimezone(UTC)
