"""Sightings are compared with all missing reports, and can be raised to a found report."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # As text, because Alembic would copy the whole table on SQLite for a column that refers to another.
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE sighting ADD COLUMN raised_report_id {kind} "
        "CONSTRAINT fk_sighting_raised_report_id REFERENCES report (id)"
    )
    op.create_table(
        "sighting_job",
        sa.Column("sighting_id", _ID, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("boot_id", sa.String(length=64), nullable=True),
        sa.Column("problem", sa.String(length=200), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('ready', 'leased', 'done', 'quarantined')", name=op.f("ck_sighting_job_state")
        ),
        sa.ForeignKeyConstraint(
            ["sighting_id"], ["sighting.id"], name=op.f("fk_sighting_job_sighting_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sighting_id", name=op.f("pk_sighting_job")),
    )
    op.create_index("ix_sighting_job_due", "sighting_job", ["state", "due"])
    op.create_table(
        "sighting_match",
        sa.Column("sighting_id", _ID, nullable=False),
        sa.Column("report_id", _ID, nullable=False),
        sa.Column("report_rev", sa.Integer(), nullable=False),
        sa.Column("engine_version", sa.String(length=40), nullable=False),
        sa.Column("total", sa.Double(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["sighting_id"], ["sighting.id"], name=op.f("fk_sighting_match_sighting_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_sighting_match_report_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sighting_id", "report_id", name=op.f("pk_sighting_match")),
    )
    op.create_index("ix_sighting_match_report_id", "sighting_match", ["report_id"])


def downgrade() -> None:
    op.drop_table("sighting_match")
    op.drop_table("sighting_job")
    with op.batch_alter_table("sighting") as batch:
        batch.drop_column("raised_report_id")
