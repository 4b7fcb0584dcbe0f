"""What is to be told outside waits in a queue of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("once", sa.String(length=120), nullable=False),
        sa.Column("report_id", _ID, nullable=True),
        sa.Column("to_hash", sa.String(length=32), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("due", _AT, nullable=False),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("lease_until", _AT, nullable=True),
        sa.Column("boot_id", sa.String(length=64), nullable=True),
        sa.Column("problem", sa.String(length=200), nullable=True),
        sa.Column("done_at", _AT, nullable=True),
        sa.CheckConstraint("channel IN ('email', 'gateway', 'webhook', 'push')", name=op.f("ck_delivery_channel")),
        sa.CheckConstraint("state IN ('ready', 'leased', 'sent', 'failed', 'dropped')",
                           name=op.f("ck_delivery_state")),
        sa.CheckConstraint("(sealed IS NOT NULL) = (state IN ('ready', 'leased'))", name=op.f("ck_delivery_sealed")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_delivery_report_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("once", name=op.f("uq_delivery_once")),
    )  # fmt: skip
    op.create_index("ix_delivery_due", "delivery", ["state", "urgent", "due"])
    op.create_index("ix_delivery_to_hash", "delivery", ["to_hash", "at"])
    op.create_index(op.f("ix_delivery_report_id"), "delivery", ["report_id"])
    op.create_table(
        "silenced_address",
        sa.Column("to_hash", sa.String(length=32), nullable=False),
        sa.Column("why", sa.String(length=10), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.CheckConstraint("why IN ('opted_out', 'bounced')", name=op.f("ck_silenced_address_why")),
        sa.PrimaryKeyConstraint("to_hash", name=op.f("pk_silenced_address")),
    )


def downgrade() -> None:
    op.drop_table("silenced_address")
    op.drop_table("delivery")
