"""Support operations: sending notifications again, clearing lockouts, resolving alerts."""
