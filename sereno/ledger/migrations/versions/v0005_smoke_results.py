"""What became of each check of the smoke suites."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "sereno_smoke_results",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("suite", sa.Text, nullable=False),
        sa.Column("check_name", sa.Text, nullable=False),
        sa.Column("started_at", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("seconds", sa.Float),
        sa.Column("shape", sa.Text),
        sa.Column("flow_run_id", sa.Text),
    )
    op.create_index("sereno_smoke_results_suite", "sereno_smoke_results", ["system", "suite", "started_at"])
