"""Load checks, and which of them are baselines."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "sereno_load_runs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("system", "profile", "started_at", "result")),
        sa.Column("accepted", sa.Integer, nullable=False),
        sa.Column("figures", sa.Text, nullable=False),
        sa.Column("flow_run_id", sa.Text),
    )
    op.create_index("sereno_load_runs_profile", "sereno_load_runs", ["system", "profile"])
