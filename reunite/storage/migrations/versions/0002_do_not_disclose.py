"""Reports whose pairs skip volunteers and go to the police."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "report", sa.Column("do_not_disclose", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
