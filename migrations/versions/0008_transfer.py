"""Transfer activities: worksheets, review rounds, field work, results."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008_transfer"
down_revision = "0007_assessment"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transfer_activity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enrollment_id", sa.Uuid(), nullable=False),
        sa.Column("step_key", sa.String(length=170), nullable=False),
        sa.Column("rep_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("submitted_revision", sa.Integer(), nullable=True),
        sa.Column("approved_revision", sa.Integer(), nullable=True),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waiting_on_id", sa.Uuid(), nullable=True),
        sa.Column("review_due_on", sa.Date(), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_to_id", sa.Uuid(), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_by_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("needs_acknowledgment", sa.Boolean(), nullable=False),
        sa.Column("field_from", sa.Date(), nullable=True),
        sa.Column("field_until", sa.Date(), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status = 'verified') = (verified_at IS NOT NULL)", name=op.f("ck_transfer_activity_verified_iff_dated")
        ),
        sa.CheckConstraint(
            "status IN ('preparing', 'in_review', 'returned', 'approved', 'in_field', 'results_in', 'verified', 'waived', 'cancelled')",
            name=op.f("ck_transfer_activity_known_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('approved', 'in_field', 'results_in', 'verified') OR (approved_revision IS NOT NULL AND decided_by_id IS NOT NULL AND decided_at IS NOT NULL)",
            name=op.f("ck_transfer_activity_approved_has_decider"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('in_review', 'results_in') OR waiting_since IS NOT NULL",
            name=op.f("ck_transfer_activity_waiting_has_since"),
        ),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> rep_id", name=op.f("ck_transfer_activity_not_self_decided")
        ),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user.id"], name=op.f("fk_transfer_activity_decided_by_id")),
        sa.ForeignKeyConstraint(["enrollment_id"], ["enrollment.id"], name=op.f("fk_transfer_activity_enrollment_id")),
        sa.ForeignKeyConstraint(["escalated_to_id"], ["user.id"], name=op.f("fk_transfer_activity_escalated_to_id")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["user.id"], name=op.f("fk_transfer_activity_opened_by_id")),
        sa.ForeignKeyConstraint(["rep_id"], ["user.id"], name=op.f("fk_transfer_activity_rep_id")),
        sa.ForeignKeyConstraint(["waiting_on_id"], ["user.id"], name=op.f("fk_transfer_activity_waiting_on_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_activity")),
        sa.UniqueConstraint("enrollment_id", "step_key", name=op.f("uq_transfer_activity_enrollment_id_step_key")),
    )
    op.create_index(
        op.f("ix_transfer_activity_escalated_to_id"), "transfer_activity", ["escalated_to_id"], unique=False
    )
    op.create_index(op.f("ix_transfer_activity_rep_id"), "transfer_activity", ["rep_id"], unique=False)
    op.create_index("ix_transfer_activity_waiting", "transfer_activity", ["status", "waiting_since"], unique=False)
    op.create_table(
        "lead",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("crm_key", sa.String(length=80), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["transfer_activity.id"], name=op.f("fk_lead_activity_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead")),
    )
    op.create_index(op.f("ix_lead_activity_id"), "lead", ["activity_id"], unique=False)
    op.create_table(
        "observation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("rep_id", sa.Uuid(), nullable=False),
        sa.Column("observer_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("rubric", sa.String(length=80), nullable=False),
        sa.Column("scores", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("strength", sa.Text(), nullable=False),
        sa.Column("next_step", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("mode IN ('live', 'recorded', 'joint')", name=op.f("ck_observation_known_mode")),
        sa.CheckConstraint("minutes BETWEEN 1 AND 600", name=op.f("ck_observation_plausible_minutes")),
        sa.CheckConstraint("observer_id <> rep_id", name=op.f("ck_observation_not_self_observed")),
        sa.ForeignKeyConstraint(["activity_id"], ["transfer_activity.id"], name=op.f("fk_observation_activity_id")),
        sa.ForeignKeyConstraint(["observer_id"], ["user.id"], name=op.f("fk_observation_observer_id")),
        sa.ForeignKeyConstraint(["rep_id"], ["user.id"], name=op.f("fk_observation_rep_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observation")),
        sa.UniqueConstraint("activity_id", "client_id", name=op.f("uq_observation_activity_id_client_id")),
    )
    op.create_index(op.f("ix_observation_activity_id"), "observation", ["activity_id"], unique=False)
    op.create_table(
        "private_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["transfer_activity.id"], name=op.f("fk_private_note_activity_id")),
        sa.ForeignKeyConstraint(["author_id"], ["user.id"], name=op.f("fk_private_note_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_private_note")),
        sa.UniqueConstraint("activity_id", "author_id", name=op.f("uq_private_note_activity_id_author_id")),
    )
    op.create_table(
        "result_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("rep_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("claimed", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("met_manager", sa.Boolean(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("confirmed_by_id", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(confirmed_by_id IS NULL) = (confirmed_at IS NULL)", name=op.f("ck_result_report_confirmed_has_confirmer")
        ),
        sa.CheckConstraint(
            "confirmed_by_id IS NULL OR confirmed_by_id <> rep_id", name=op.f("ck_result_report_not_self_confirmed")
        ),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_result_report_dates_in_order")),
        sa.ForeignKeyConstraint(["activity_id"], ["transfer_activity.id"], name=op.f("fk_result_report_activity_id")),
        sa.ForeignKeyConstraint(["confirmed_by_id"], ["user.id"], name=op.f("fk_result_report_confirmed_by_id")),
        sa.ForeignKeyConstraint(["rep_id"], ["user.id"], name=op.f("fk_result_report_rep_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_report")),
        sa.UniqueConstraint("activity_id", "number", name=op.f("uq_result_report_activity_id_number")),
    )
    op.create_index(op.f("ix_result_report_rep_id"), "result_report", ["rep_id"], unique=False)
    op.create_table(
        "tally_mark",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("number_key", sa.String(length=40), nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.Column("tapped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("delta IN (-1, 1)", name=op.f("ck_tally_mark_one_tap")),
        sa.ForeignKeyConstraint(["activity_id"], ["transfer_activity.id"], name=op.f("fk_tally_mark_activity_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally_mark")),
        sa.UniqueConstraint("activity_id", "client_id", name=op.f("uq_tally_mark_activity_id_client_id")),
    )
    op.create_table(
        "transfer_move",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("move", sa.String(length=20), nullable=False),
        sa.Column("from_status", sa.String(length=12), nullable=False),
        sa.Column("to_status", sa.String(length=12), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("capacity", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["transfer_activity.id"], name=op.f("fk_transfer_move_activity_id")),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_transfer_move_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_move")),
        sa.UniqueConstraint("activity_id", "number", name=op.f("uq_transfer_move_activity_id_number")),
    )
    op.create_table(
        "worksheet_draft",
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["transfer_activity.id"], name=op.f("fk_worksheet_draft_activity_id")),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_worksheet_draft")),
    )
    op.create_table(
        "worksheet_revision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("content", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('draft', 'submitted', 'adjusted')", name=op.f("ck_worksheet_revision_known_kind")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["transfer_activity.id"], name=op.f("fk_worksheet_revision_activity_id")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_worksheet_revision_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worksheet_revision")),
        sa.UniqueConstraint("activity_id", "number", name=op.f("uq_worksheet_revision_activity_id_number")),
    )


def downgrade() -> None:
    op.drop_table("worksheet_revision")
    op.drop_table("worksheet_draft")
    op.drop_table("transfer_move")
    op.drop_table("tally_mark")
    op.drop_table("result_report")
    op.drop_table("private_note")
    op.drop_table("observation")
    op.drop_table("lead")
    op.drop_table("transfer_activity")
