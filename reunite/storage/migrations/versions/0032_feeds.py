"""Published posters are given on as PFIF, and feeds of others are read."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "feed_record",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("report_id", _ID, nullable=False),
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("record_id", sa.String(length=300), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_date", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_feed_record_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_record")),
        sa.UniqueConstraint("record_id", name=op.f("uq_feed_record_record_id")),
    )
    op.create_index("ix_feed_record_entry_date", "feed_record", ["entry_date"], unique=True)
    op.create_index("ix_feed_record_report_id", "feed_record", ["report_id"])
    op.create_table(
        "feed_mark",
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("newest", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_feed_mark")),
    )


def downgrade() -> None:
    op.drop_table("feed_mark")
    op.drop_table("feed_record")
