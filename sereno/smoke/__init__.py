"""Smoke suites: what a system's API has to answer, as data, and who trusts it."""
