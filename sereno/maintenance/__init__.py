"""Maintenance: idle API clients are deactivated, old rows purged."""
