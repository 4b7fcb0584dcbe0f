"""Copies are looked for by the index of telephones that there is already."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_report_print_phone", table_name="report_print")
    op.drop_column("report_print", "phone")
