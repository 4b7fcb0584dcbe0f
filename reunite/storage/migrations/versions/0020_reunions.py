"""What must happen between a confirmed pair and a meeting."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "reunion_step",
        sa.Column("missing_id", _ID, nullable=False),
        sa.Column("found_id", _ID, nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("answer", sa.String(length=3), nullable=False),
        sa.Column("staff_id", _ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("answer IN ('yes', 'no')", name=op.f("ck_reunion_step_answer")),
        sa.ForeignKeyConstraint(
            ["missing_id"], ["report.id"], name=op.f("fk_reunion_step_missing_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["found_id"], ["report.id"], name=op.f("fk_reunion_step_found_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_reunion_step_staff_id")),
        sa.PrimaryKeyConstraint("missing_id", "found_id", "step", name=op.f("pk_reunion_step")),
    )
    op.create_index(op.f("ix_reunion_step_found_id"), "reunion_step", ["found_id"])


def downgrade() -> None:
    op.drop_table("reunion_step")
