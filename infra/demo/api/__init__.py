"""The HTTP API of the demo system."""
