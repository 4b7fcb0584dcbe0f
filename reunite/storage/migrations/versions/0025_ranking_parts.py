"""Several shards rank a report together."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ranking_part",
        sa.Column("report_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("found", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_ranking_part_report_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("report_id", "shard", name=op.f("pk_ranking_part")),
    )


def downgrade() -> None:
    op.drop_table("ranking_part")
