"""Compliance: what personal data a system holds, which controls hold, and a report that proves each point."""
