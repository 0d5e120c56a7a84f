"""What is known of backups: when each was last read whole, and the restore drills."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "sereno_backup_readings",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("system", "store", "backup")),
        *_columns(sa.Text, "read_at", "result"),
        sa.Column("whole_at", sa.Text),
    )
    op.create_table(
        "sereno_restore_drills",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        *_columns(sa.Text, "system", "store", "backup", "started_at", "result"),
        *_columns(sa.BigInteger, "backup_age_seconds"),
        *_columns(sa.Text, "phases"),
        *_columns(sa.BigInteger, "rows", "plain_bytes", "stored_bytes"),
        *_columns(sa.Integer, "checks", "failed_checks"),
        sa.Column("flow_run_id", sa.Text),
    )
    op.create_index("sereno_restore_drills_system", "sereno_restore_drills", ["system", "started_at"])


def _columns(kind: type[sa.types.TypeEngine[Any]], *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name in names]
