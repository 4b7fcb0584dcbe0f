"""The separation of duties and the log, held by triggers."""

from alembic import op

from reunite.storage import duties

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    duties.install(op.get_bind())
