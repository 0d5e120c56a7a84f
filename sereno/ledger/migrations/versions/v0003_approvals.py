"""Plans: what a run would do, for a second run to be allowed to do."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create their table."""
    texts = ("system", "job", "digest", "summary", "asked_by", "asked_at", "expires_at")
    op.create_table(
        "sereno_plans",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        *(sa.Column(name, sa.Text) for name in ("used_at", "used_by")),
    )
