"""What everything is held against: Flask, SQLAlchemy and Jinja with nothing of ours.

The page: signed in through Flask-Login (one indexed read), one more indexed read, 20 kB of HTML through a base
template. The insert: signed in, one row, one commit.
"""

from pathlib import Path
from uuid import UUID, uuid4

from flask import Flask, render_template, request
from flask_login import LoginManager, UserMixin, login_required
from flask_sqlalchemy import SQLAlchemy
from jinja2 import DictLoader
from sqlalchemy import String, Uuid, event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

WORDS = "A rep reads one idea, answers a check, and goes on. "
BASE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{% block title %}{% endblock %}</title></head>
<body><header><p>{{ current_user.name }}</p></header><main>{% block main %}{% endblock %}</main></body></html>"""
PAGE = (
    '{% extends "base.html" %}{% block title %}{{ note.title }}{% endblock %}{% block main %}<h1>{{ note.title }}</h1>'
    + "".join(f"<p>{WORDS * 6}</p>\n" for _ in range(62))
    + "{% endblock %}"
)


def make_bare(url: str, folder: Path) -> tuple[Flask, str]:
    """The application and the cookie of its one signed-in person."""

    class Base(DeclarativeBase):  # of its own: one run makes this application once for each kind of database
        pass

    db = SQLAlchemy(model_class=Base)

    class Person(db.Model, UserMixin):  # type: ignore[misc, name-defined]
        __tablename__ = "bare_person"
        id: Mapped[UUID] = mapped_column(Uuid(), primary_key=True, default=uuid4)
        name: Mapped[str] = mapped_column(String(120))

    class Note(db.Model):  # type: ignore[misc, name-defined]
        __tablename__ = "bare_note"
        id: Mapped[UUID] = mapped_column(Uuid(), primary_key=True, default=uuid4)
        title: Mapped[str] = mapped_column(String(200))

    app = Flask("bare", root_path=str(folder))
    app.config.update(SECRET_KEY="bare" * 10, SQLALCHEMY_DATABASE_URI=url)
    app.jinja_loader = DictLoader({"base.html": BASE, "page.html": PAGE})
    db.init_app(app)
    manager = LoginManager(app)
    manager.user_loader(lambda key: db.session.get(Person, UUID(key)))

    with app.app_context():
        if db.engine.dialect.name == "sqlite":

            @event.listens_for(db.engine, "connect")
            def _tune(connection, _record) -> None:  # type: ignore[no-untyped-def]
                # The same durability as ours, or an insert would be compared with half an insert.
                for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                    connection.execute(f"PRAGMA {pragma}")

        Base.metadata.create_all(db.engine)
        person, note = Person(name="Rosa Diaz"), Note(title="A note")
        db.session.add_all((person, note))
        db.session.commit()
        person_id, note_id = person.id, note.id

    @app.get("/page")
    @login_required
    def page() -> str:
        return render_template("page.html", note=db.session.get(Note, note_id))

    @app.post("/insert")
    @login_required
    def insert() -> dict[str, str]:
        note = Note(title=request.form["title"])
        db.session.add(note)
        db.session.commit()
        return {"id": str(note.id)}

    with app.test_request_context():
        serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        cookie = f"session={serializer.dumps({'_user_id': str(person_id), '_fresh': True})}"
    return app, cookie
