"""The scores of compliance reports, for their trend."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "sereno_compliance_scores",
        sa.Column("system", sa.Text(), primary_key=True),
        sa.Column("until", sa.Text(), primary_key=True),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("outcomes", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.Text(), nullable=False),
    )
