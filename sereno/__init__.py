"""Sereno: operations runbooks as Prefect flows. This package holds the meaning; it never imports Prefect."""

__version__ = "0.1.0"
