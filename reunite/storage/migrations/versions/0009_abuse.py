"""Counted requests, what reports looked like when they came, the moderation queue, alarms."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "rate_window",
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expires_at", _AT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_window")),
    )
    op.create_index(op.f("ix_rate_window_expires_at"), "rate_window", ["expires_at"])
    op.create_table(
        "report_print",
        sa.Column("report_id", _ID, nullable=False),
        sa.Column("sender", sa.String(64), nullable=False),
        sa.Column("body", sa.String(64), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("phone", sa.String(64), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_report_print_report_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_report_print")),
    )
    op.create_index("ix_report_print_sender", "report_print", ["sender", "body", "report_id"])
    op.create_index("ix_report_print_person", "report_print", ["person", "report_id"])
    op.create_index("ix_report_print_phone", "report_print", ["phone", "report_id"])
    op.create_index("ix_report_print_at", "report_print", ["at"])
    op.create_table(
        "moderation",
        sa.Column("report_id", _ID, nullable=False),
        sa.Column("reason", sa.String(12), nullable=False),
        sa.Column("other_id", _ID, nullable=True),
        sa.Column("at", _AT, nullable=False),
        sa.Column("decision", sa.String(12), nullable=True),
        sa.Column("decided_by", _ID, nullable=True),
        sa.Column("decided_at", _AT, nullable=True),
        sa.CheckConstraint(
            "reason IN ('flood', 'copy', 'same_person', 'same_phone')", name=op.f("ck_moderation_reason")
        ),
        sa.CheckConstraint("decision IN ('real', 'not_a_report')", name=op.f("ck_moderation_decision")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_moderation_report_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["report.id"], name=op.f("fk_moderation_other_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_moderation_decided_by")),
        sa.PrimaryKeyConstraint("report_id", "reason", name=op.f("pk_moderation")),
    )
    op.create_index("ix_moderation_open", "moderation", ["decision", "at"])
    op.create_table(
        "alarm",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("seen_by", _ID, nullable=True),
        sa.Column("seen_at", _AT, nullable=True),
        sa.ForeignKeyConstraint(["seen_by"], ["staff.id"], name=op.f("fk_alarm_seen_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sa.UniqueConstraint("kind", "subject", "day", name="uq_alarm_kind"),
    )
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_audit_entry_at"), "audit_entry")
    for table in ("alarm", "moderation", "report_print", "rate_window"):
        op.drop_table(table)
