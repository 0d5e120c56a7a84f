"""The data map of a system: which personal data it holds and why, checked against the live schema."""
