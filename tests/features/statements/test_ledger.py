"""One act, one entry, one statement that is owed; all in the transaction of the act."""

import dataclasses
import json
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from lms.statements import build, ledger, queries, stores
from lms.statements.models import Delivery, DeliveryTarget, LedgerEntry, OwedStatement
from tests.features.statements.samples import EVENTS, MILO, REGISTRATION, ROSA, WORDS, sample


def count(session, model) -> int:
    return session.scalar(select(func.count()).select_from(model))


@pytest.fixture
def two_targets(session):
    session.add_all([DeliveryTarget(key="embedded"), DeliveryTarget(key="external", endpoint="https://lrs.example")])
    session.add(DeliveryTarget(key="former", is_enabled=False))
    session.commit()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_each_event_is_one_entry_and_what_it_owes(session, two_targets, event):
    id_ = ledger.record(event)
    owed = {"transfer_reopened": 2}.get(event.kind, 0 if isinstance(event, build.LEDGER_ONLY) else 1)
    assert count(session, LedgerEntry) == 1
    assert count(session, OwedStatement) == owed
    assert count(session, Delivery) == 2 * owed
    entry = session.scalars(select(LedgerEntry)).one()
    assert entry.id == id_ == ledger.statement_id(event.kind, event.record_id, event.revision)
    assert entry.at == event.at
    assert entry.subject_id == ROSA.id
    assert entry.actor_name in {ROSA.name, MILO.name}
    assert entry.reason == WORDS
    bodies = [json.loads(body) for body in session.scalars(select(OwedStatement.body).order_by(OwedStatement.seq))]
    assert [body["id"] for body in bodies][:1] == ([str(id_)] if owed else [])
    assert all(WORDS not in json.dumps(body) for body in bodies)


def test_the_entry_keeps_what_was_true_then(session):
    ledger.record(sample("results_reported"))
    entry = session.scalars(select(LedgerEntry)).one()
    assert entry.title == "The first words"
    assert entry.registration == REGISTRATION
    assert entry.facts["numbers"][0] == ["calls", 80]
    assert entry.facts["approver"] == {"id": str(MILO.id), "name": MILO.name}
    assert entry.facts["from_on"] == "2026-11-16"
    assert entry.facts["place"]["course"] == {
        "key": "appointment-setting",
        "title": "Appointment setting",
        "version": 3,
    }
    assert "reason" not in entry.facts


def test_shares_are_kept_exactly(session):
    ledger.record(sample("question_answered"))
    assert session.scalars(select(LedgerEntry)).one().facts["share"] == "2/3"


def test_nothing_is_left_of_an_act_that_was_rolled_back(session, two_targets):
    ledger.record(sample("module_completed"))
    session.rollback()
    assert (count(session, LedgerEntry), count(session, OwedStatement), count(session, Delivery)) == (0, 0, 0)


def test_a_fact_is_told_once(session):
    ledger.record(sample("module_completed"))
    session.commit()
    with pytest.raises(IntegrityError):
        ledger.record(sample("module_completed"))
    session.rollback()
    ledger.record(dataclasses.replace(sample("module_completed"), revision=1))
    assert count(session, LedgerEntry) == 2


def test_the_system_has_no_name(session):
    ledger.record(dataclasses.replace(sample("module_opened"), actor=None))
    entry = session.scalars(select(LedgerEntry)).one()
    assert (entry.actor_id, entry.actor_name) == (None, "")


def test_what_is_on_record_about_a_person_page_by_page(session):
    for number in range(5):
        ledger.record(dataclasses.replace(sample("chunk_completed"), revision=number))
    other = dataclasses.replace(sample("chunk_completed"), learner=MILO, record_id=uuid4())
    ledger.record(other)
    first = queries.entries_about(ROSA.id, limit=3)
    second = queries.entries_about(ROSA.id, before_seq=first[-1].seq, limit=3)
    seqs = [entry.seq for entry in (*first, *second)]
    assert seqs == sorted(seqs, reverse=True)
    assert len(seqs) == 5
    assert {entry.subject_id for entry in (*first, *second)} == {ROSA.id}
    assert len(queries.entries_of_registration(REGISTRATION)) == 6
    assert len(queries.entries_of_record(sample("chunk_completed").record_id)) == 5


def test_recording_costs_the_same_however_much_there_is(session, two_targets, count_statements):
    ledger.record(sample("module_completed"))
    count_statements.statements.clear()
    ledger.record(sample("course_satisfied"))
    assert len(count_statements) == 3, count_statements.statements


def test_several_events_of_one_act_cost_what_one_costs(session, two_targets, count_statements):
    ledger.record(sample("module_completed"))
    count_statements.statements.clear()
    answers = [dataclasses.replace(sample("question_answered"), revision=number) for number in range(12)]
    ids = ledger.record_all([*answers, sample("adjustment_acknowledged"), sample("transfer_reopened")])
    assert len(count_statements) == 3, count_statements.statements
    entries = session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq)).all()[1:]
    assert tuple(entry.id for entry in entries) == ids
    owed = session.scalars(select(OwedStatement).order_by(OwedStatement.seq)).all()[1:]
    assert len(owed) == 12 + 2
    assert [row.entry_seq for row in owed[:12]] == [entry.seq for entry in entries[:12]]
    assert [json.loads(row.body)["id"] for row in owed[:12]] == [str(id_) for id_ in ids[:12]]
    assert count(session, Delivery) == 2 * (1 + 14)
    assert ledger.record_all([]) == ()


def test_a_new_target_is_owed_what_came_before(session):
    ids = [ledger.record(dataclasses.replace(sample("chunk_completed"), revision=number)) for number in range(3)]
    assert count(session, Delivery) == 0
    session.add(DeliveryTarget(key="embedded"))
    session.flush()
    assert stores.owe_missing() == 3
    assert stores.owe_missing() == 0
    owed = session.scalars(
        select(OwedStatement.id).join(Delivery, Delivery.seq == OwedStatement.seq).order_by(Delivery.seq)
    )
    assert list(owed) == ids
    assert isinstance(ids[0], UUID)
