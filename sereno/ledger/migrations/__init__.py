"""The ledger's schema, step by step. A step that has been released is never edited; a new one is put after it."""

REVISION = "0009"
"""The newest step. Kept here so that opening a current ledger need not load Alembic; a test holds it to the scripts."""

VERSION_TABLE = "sereno_ledger_version"
