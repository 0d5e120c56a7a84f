"""Reading backups again on a schedule: which ones are due, whether each is whole, and how old the newest one is."""
