"""Second factor, recovery codes, links for a new password; sessions with an idle limit (everybody signs in again)."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = sa.DateTime(timezone=True)


def _of_staff(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["staff_id"], ["staff.id"], name=op.f(f"fk_{table}_staff_id"), ondelete="CASCADE"
    )


def _drop_sessions() -> None:
    op.drop_index(op.f("ix_staff_session_staff_id"), "staff_session")
    op.drop_table("staff_session")


def _make_sessions(*more: sa.Column[object]) -> None:
    op.create_table(
        "staff_session",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("staff_id", _ID, nullable=False),
        *more,
        sa.Column("expires_at", _AT, nullable=False),
        _of_staff("staff_session"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_staff_session")),
    )
    op.create_index(op.f("ix_staff_session_staff_id"), "staff_session", ["staff_id"])


def upgrade() -> None:
    _drop_sessions()
    _make_sessions(
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("began_at", _AT, nullable=False),
        sa.Column("seen_at", _AT, nullable=False),
        sa.Column("proved_at", _AT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
    )
    op.create_index(op.f("ix_staff_session_expires_at"), "staff_session", ["expires_at"])
    op.create_table(
        "second_factor",
        sa.Column("staff_id", _ID, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("since", _AT, nullable=False),
        _of_staff("second_factor"),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("staff_id", _ID, nullable=False),
        _of_staff("recovery_code"),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_staff_id"), "recovery_code", ["staff_id"])
    op.create_table(
        "password_reset",
        sa.Column("staff_id", _ID, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("expires_at", _AT, nullable=False),
        _of_staff("password_reset"),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_password_reset")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_reset_token_hash")),
    )


def downgrade() -> None:
    for table in ("password_reset", "recovery_code", "second_factor"):
        op.drop_table(table)
    op.drop_index(op.f("ix_staff_session_expires_at"), "staff_session")
    _drop_sessions()
    _make_sessions()
