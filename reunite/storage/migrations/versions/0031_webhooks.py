"""Partner organisations' programs are told of their own reports."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("events", sa.String(length=200), nullable=False),
        sa.Column("created_at", _AT, nullable=False),
        sa.Column("ended_at", _AT, nullable=True),
        sa.Column("why", sa.String(length=10), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", _AT, nullable=True),
        sa.CheckConstraint("why IN ('stopped', 'gone', 'failing')", name=op.f("ck_webhook_why")),
        sa.CheckConstraint("(why IS NULL) = (ended_at IS NULL)", name=op.f("ck_webhook_ended")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index(op.f("ix_webhook_source"), "webhook", ["source"])
    op.create_table(
        "webhook_event",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("report_id", _ID, nullable=False),
        sa.Column("step", sa.String(length=10), nullable=True),
        sa.Column("at", _AT, nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_webhook_event_report_id"),
                                ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_event")),
    )  # fmt: skip
    op.create_index("ix_webhook_event_at", "webhook_event", ["at"])
    op.create_index(op.f("ix_webhook_event_report_id"), "webhook_event", ["report_id"])


def downgrade() -> None:
    op.drop_table("webhook_event")
    op.drop_table("webhook")
