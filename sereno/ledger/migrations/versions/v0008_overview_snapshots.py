"""A system's business on each of its days, for trends and movements."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "sereno_overview_snapshots",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("system", "scope", "day")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("taken_at", "content")),
        sa.Column("holdings", sa.Text),
    )
