"""Alerts to people nearby, and those who asked for them."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = sa.DateTime(timezone=True)
_ACTIVE = sa.text("state = 'active'")


def upgrade() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("place", sa.String(length=16), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("to_hash", sa.String(length=32), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("confirmed_at", _AT, nullable=True),
        sa.CheckConstraint("channel IN ('email', 'push')", name=op.f("ck_subscription_channel")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("to_hash", "place", name=op.f("uq_subscription_to_hash")),
    )
    op.create_index("ix_subscription_confirmed_at", "subscription", ["confirmed_at", "at"])
    op.create_table(
        "alert",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("report_id", _ID, nullable=False),
        sa.Column("place", sa.String(length=16), nullable=False),
        sa.Column("approved_by", _ID, nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("ring", sa.Integer(), nullable=False),
        sa.Column("cursor", _ID, nullable=False),
        sa.Column("ended_at", _AT, nullable=True),
        sa.Column("told_at", _AT, nullable=True),
        sa.CheckConstraint("state IN ('active', 'withdrawn')", name=op.f("ck_alert_state")),
        sa.CheckConstraint("(ended_at IS NULL) = (state = 'active')", name=op.f("ck_alert_ended_at")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_alert_report_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["approved_by"], ["staff.id"], name=op.f("fk_alert_approved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("ref", name=op.f("uq_alert_ref")),
    )
    op.create_index(op.f("ix_alert_report_id"), "alert", ["report_id"])
    op.create_index(
        "ix_alert_active", "alert", ["report_id"], unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE
    )


def downgrade() -> None:
    op.drop_table("alert")
    op.drop_table("subscription")
