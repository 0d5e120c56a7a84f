"""The load check: what a system's API bears, measured by a client that does not measure itself."""
