"""Restoring a backup into an empty database, and proving that what is there is what was backed up."""
