"""Reports are found by names, years and ages; a child reported twice is worked on once; what the board counts."""

import sqlalchemy as sa
from alembic import op

from matching import search_keys
from matching.description import describe

revision = "0019"
down_revision = "0016"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BATCH = 1000
_CLAIMED = sa.text("claimed_until IS NOT NULL")


def _report(table: str, column: str = "report_id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], ["report.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
    )


def upgrade() -> None:
    op.create_table(
        "search_key",
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("report_id", _ID, nullable=False),
        _report("search_key"),
        sa.PrimaryKeyConstraint("key", "report_id", name=op.f("pk_search_key")),
    )
    op.create_table(
        "report_merge",
        sa.Column("report_id", _ID, nullable=False),
        sa.Column("kept_id", _ID, nullable=False),
        sa.Column("staff_id", _ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        _report("report_merge"),
        _report("report_merge", "kept_id"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_report_merge_staff_id")),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_report_merge")),
    )
    _fill()
    op.create_index("ix_search_key_report_id", "search_key", ["report_id"])
    op.create_index("ix_report_merge_kept_id", "report_merge", ["kept_id"])
    op.create_index("ix_report_filed_at", "report", ["filed_at"])
    op.create_index("ix_review_found_id", "review", ["found_id"])
    op.create_index(op.f("ix_audit_entry_subject"), "audit_entry", ["subject"])
    op.create_index(
        "ix_candidate_claimed_until", "candidate", ["claimed_until"], sqlite_where=_CLAIMED, postgresql_where=_CLAIMED
    )  # fmt: skip


def _fill() -> None:
    """The keys of the reports that are there."""
    bind, last = op.get_bind(), 0
    query = sa.text(
        "SELECT id, kind, person FROM report WHERE id > :last AND erased_at IS NULL ORDER BY id LIMIT :most"
    ).columns(person=sa.JSON())
    while rows := bind.execute(query, {"last": last, "most": _BATCH}).all():
        found = [
            {"id": report_id, "key": key}
            for report_id, kind, person in rows
            for key in sorted(search_keys.of(describe(report_id, kind, person)))
        ]
        if found:
            bind.execute(sa.text("INSERT INTO search_key (key, report_id) VALUES (:key, :id)"), found)
        last = rows[-1].id


def downgrade() -> None:
    op.drop_index("ix_candidate_claimed_until", "candidate")
    op.drop_index(op.f("ix_audit_entry_subject"), "audit_entry")
    op.drop_index("ix_review_found_id", "review")
    op.drop_index("ix_report_filed_at", "report")
    for table in ("report_merge", "search_key"):
        op.drop_table(table)
