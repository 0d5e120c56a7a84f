"""The audit trail as a job: its chain verified on a schedule, and its head noted where the ledger cannot reach."""
