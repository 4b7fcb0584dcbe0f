"""Worker processes tell what they do; jobs and tables say which programs can work on them."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    counts = [
        sa.Column(name, sa.BigInteger(), nullable=False) for name in ("done", "failed", "set_aside", "lost")
    ]
    op.create_table(
        "worker",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("started_at", _AT, nullable=False),
        sa.Column("seen_at", _AT, nullable=False),
        sa.Column("change_no", sa.BigInteger(), nullable=False),
        sa.Column("reports", sa.Integer(), nullable=False),
        *counts,
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("buckets", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
    )
    op.add_column("match_job", sa.Column("needs", sa.SmallInteger(), server_default="1", nullable=False))
    op.add_column(
        "installation", sa.Column("oldest_program", sa.SmallInteger(), server_default="24", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("installation", "oldest_program")
    op.drop_column("match_job", "needs")
    op.drop_table("worker")
