"""Checking what has to be true of a system's rows: declared in its folder, looked at through sessions that read."""
