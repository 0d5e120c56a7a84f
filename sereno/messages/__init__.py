"""Writing to people: templates, channels, and an outbox in the ledger, for every job that has something to tell."""
