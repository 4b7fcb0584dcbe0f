"""Posters of missing children, and what people say who saw one of them."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "poster",
        sa.Column("report_id", _ID, nullable=False),
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("photo", sa.String(length=32), nullable=False),
        sa.Column("asked_at", _AT, nullable=False),
        sa.Column("rev", sa.Integer(), nullable=True),
        sa.Column("decided_by", _ID, nullable=True),
        sa.Column("decided_at", _AT, nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'published', 'declined', 'taken_back', 'taken_down')",
            name=op.f("ck_poster_state"),
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_poster_report_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_poster_decided_by")),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_poster")),
        sa.UniqueConstraint("ref", name=op.f("uq_poster_ref")),
    )
    op.create_index("ix_poster_state", "poster", ["state", "asked_at"])
    op.create_table(
        "poster_part",
        sa.Column("report_id", _ID, nullable=False),
        sa.Column("part", sa.String(length=8), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["poster.report_id"], name=op.f("fk_poster_part_report_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("report_id", "part", name=op.f("pk_poster_part")),
    )
    op.create_table(
        "sighting",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("report_id", _ID, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("settled_by", _ID, nullable=True),
        sa.Column("settled_at", _AT, nullable=True),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_sighting_report_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["settled_by"], ["staff.id"], name=op.f("fk_sighting_settled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sighting")),
    )
    op.create_index(op.f("ix_sighting_report_id"), "sighting", ["report_id"])
    op.create_index("ix_sighting_waiting", "sighting", ["settled_at", "at"])


def downgrade() -> None:
    op.drop_table("sighting")
    op.drop_table("poster_part")
    op.drop_table("poster")
