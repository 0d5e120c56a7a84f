"""What Alembic runs: it takes the open connection and leaves the transaction to its caller."""

from alembic import context

from sereno.ledger.migrations import VERSION_TABLE
from sereno.ledger.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
context.run_migrations()
