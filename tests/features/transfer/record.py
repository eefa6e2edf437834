"""What the record of one activity must look like, whatever happened: used after every step of the state machine."""

import json
import re
from itertools import pairwise

from sqlalchemy import select

from lms.db import db
from lms.policy.transfer import Move
from lms.statements.models import LedgerEntry, OwedStatement
from lms.transfer import queries
from lms.transfer.models import Observation, TransferActivity, TransferMove

# Ledger entries of each move, in order.
ENTRIES = {
    Move.SUBMIT: ["worksheet_submitted"],
    Move.WITHDRAW: ["submission_withdrawn"],
    Move.APPROVE: ["worksheet_approved"],
    Move.ADJUST: ["worksheet_adjusted", "worksheet_approved"],
    Move.RETURN: ["worksheet_returned"],
    Move.ACKNOWLEDGE: ["adjustment_acknowledged"],
    Move.RELEASE: ["leads_handed_over"],
    Move.OBSERVE: ["rep_observed"],
    Move.REPORT: ["results_reported"],
    Move.QUERY: ["results_queried"],
    Move.VERIFY: ["results_confirmed", "transfer_completed"],
    Move.WAIVE: ["transfer_waived"],
    Move.CANCEL: ["transfer_cancelled"],
    Move.REOPEN: ["transfer_reopened"],
    Move.REMIND: ["review_reminded"],
    Move.ESCALATE: ["review_escalated"],
    Move.OVERRIDE: ["preparation_overridden"],
}
LEDGER_ONLY = {"adjustment_acknowledged", "review_reminded", "review_escalated", "preparation_overridden"}
KINDS = {kind for kinds in ENTRIES.values() for kind in kinds}

# Section 5.3 of the measurement rules, without what is voided and the voiding itself, with two additions:
# an approved worksheet may be submitted again before the field, and a confirmation may be opened again.
ROUND = "submit (return submit )*(update )?approve "
BEGUN = "submit (return submit )*(return )?"  # a round that has not come to an approval
FIELD = "((evaluated|reported) )*"
ORDER = re.compile(
    f"({ROUND})*({BEGUN})?(waived |cancel )?"
    f"|({ROUND})+assign {FIELD}(verified (open {FIELD}verified )*(completed |open {FIELD}))?(waived |cancel )?"
)


def moves(activity: TransferActivity) -> list[TransferMove]:
    return list(
        db.session.scalars(
            select(TransferMove).where(TransferMove.activity_id == activity.id).order_by(TransferMove.number)
        )
    )


def entries(activity: TransferActivity) -> list[LedgerEntry]:
    """Everything the ledger holds about this activity, in order."""
    rows = db.session.scalars(select(LedgerEntry).where(LedgerEntry.kind.in_(KINDS)).order_by(LedgerEntry.seq))
    return [row for row in rows if row.facts["activity_id"] == str(activity.id)]


def statements(activity: TransferActivity) -> list[dict]:
    return _owed_for(entries(activity))


def _owed_for(told: list[LedgerEntry]) -> list[dict]:
    column = OwedStatement.entry_seq
    seqs = [entry.seq for entry in told]
    rows = db.session.scalars(select(OwedStatement).where(column.in_(seqs)).order_by(OwedStatement.seq))
    return [json.loads(row.body) for row in rows]


def spoken(activity: TransferActivity) -> str:
    return _verbs(statements(activity))


def _verbs(said: list[dict]) -> str:
    """The verbs in order, without what was taken back."""
    voided = {statement["object"]["id"] for statement in said if statement["verb"]["id"].endswith("/voided")}
    kept = [
        statement["verb"]["id"].rpartition("/")[2]
        for statement in said
        if statement["id"] not in voided and not statement["verb"]["id"].endswith("/voided")
    ]
    return "".join(f"{verb} " for verb in kept)


def check(activity: TransferActivity) -> None:
    db.session.flush()
    rows = moves(activity)
    assert queries.replayed(activity.id) == activity.status
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    for earlier, later in pairwise(rows):
        assert earlier.to_status == later.from_status
    expected = [kind for row in rows for kind in ENTRIES[Move(row.move)]]
    told = entries(activity)
    assert [entry.kind for entry in told] == expected
    owed = sum(kind not in LEDGER_ONLY for kind in expected)
    owed += expected.count("transfer_reopened")  # which also voids the completion
    said = _owed_for(told)
    assert len(said) == owed
    verbs = _verbs(said)
    assert ORDER.fullmatch(verbs), verbs
    decisions = {"approve", "adjust", "return", "verify", "query", "release", "observe", "reopen", "waive"}
    assert all(row.by_id not in {None, activity.rep_id} for row in rows if row.move in decisions)
    if activity.status == "verified":
        seen = db.session.scalars(select(Observation).where(Observation.activity_id == activity.id)).all()
        assert activity.rep_id not in {row.observer_id for row in seen}
        # Somebody saw something: "no chance" to everything is no observation of anything.
        assert any(score["seen"] != "no_chance" for row in seen for score in row.scores.values())
        assert "evaluated" in verbs
        assert "reported" in verbs
    if activity.status in {"in_field", "results_in", "verified"}:
        assert activity.approved_revision is not None
