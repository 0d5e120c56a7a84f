"""Sereno's own small database: the audit chain, what was begun and not yet settled, cursors, who holds which lock."""

from sereno.ledger.ledger import Ledger, open_ledger

__all__ = ["Ledger", "open_ledger"]
