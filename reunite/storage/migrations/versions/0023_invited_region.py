"""A volunteer can be invited for a region."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("invitation", sa.Column("province", sa.String(length=8), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("invitation", "province")
