"""The history of operations: events of the ledger or of a system's own audit table, filtered, in pages and as files."""
