"""The business overview: what an owner wants to know of a system, each day, and how it has changed."""
