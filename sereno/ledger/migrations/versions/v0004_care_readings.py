"""What a database was like at each run of `database_care`, for the next run to compare with."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "sereno_care_readings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("system", "taken_at", "database")),
        sa.Column("database_bytes", sa.BigInteger),
        sa.Column("tables", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text) for name in ("statements", "counted_since")),
    )
    op.create_index("sereno_care_readings_system", "sereno_care_readings", ["system", "taken_at"])
