"""Messages between reporter and coordinators, and what volunteers want asked."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "message",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("report_id", _ID, nullable=False),
        sa.Column("staff_id", _ID, nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_message_report_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_message_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index(op.f("ix_message_report_id"), "message", ["report_id"])
    op.create_index("ix_message_waiting", "message", ["staff_id", "settled_at"])
    op.create_table(
        "more_request",
        sa.Column("missing_id", _ID, nullable=False),
        sa.Column("found_id", _ID, nullable=False),
        sa.Column("reviewer_id", _ID, nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("about", sa.String(length=8), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_by", _ID, nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("about IN ('missing', 'found')", name=op.f("ck_more_request_about")),
        sa.CheckConstraint("state IN ('open', 'asked', 'dismissed')", name=op.f("ck_more_request_state")),
        sa.ForeignKeyConstraint(
            ["missing_id", "found_id", "reviewer_id"],
            ["review.missing_id", "review.found_id", "review.reviewer_id"],
            name="fk_more_request_review",
        ),
        sa.ForeignKeyConstraint(["settled_by"], ["staff.id"], name=op.f("fk_more_request_settled_by")),
        sa.PrimaryKeyConstraint("missing_id", "found_id", "reviewer_id", name=op.f("pk_more_request")),
        sa.UniqueConstraint("ref", name=op.f("uq_more_request_ref")),
    )
    op.create_index("ix_more_request_state", "more_request", ["state", "at"])
