"""Directories of a system as archives: walking them, packing them, unpacking them, and comparing both."""
