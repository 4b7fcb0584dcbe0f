"""The queue can be narrowed by the age of the child: a candidate keeps the latest year of birth that it may mean."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_FILL = """
    UPDATE candidate SET born = (SELECT MAX(CAST(SUBSTR(search_key.key, 3) AS INTEGER)) FROM search_key
    WHERE search_key.report_id IN (candidate.missing_id, candidate.found_id)
    AND search_key.key BETWEEN 'b:1000' AND 'b:9999')
"""


def upgrade() -> None:
    op.add_column("candidate", sa.Column("born", sa.SmallInteger(), nullable=True))
    op.execute(_FILL)
    _index(["stage", "current", "probability", "born"])
    op.create_index("ix_candidate_born", "candidate", ["stage", "current", "born", "probability"])


def downgrade() -> None:
    op.drop_index("ix_candidate_born", "candidate")
    _index(["stage", "current", "probability"])
    op.drop_column("candidate", "born")


def _index(columns: list[str]) -> None:
    op.drop_index("ix_candidate_queue", "candidate")
    op.create_index("ix_candidate_queue", "candidate", columns)
