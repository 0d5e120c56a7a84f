"""Trials that come to their end: who is told what and when, and what becomes of the account."""
