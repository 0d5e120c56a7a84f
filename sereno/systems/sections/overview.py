"""The section `overview`: that a system has a business overview, and from when on something in it is worth a word."""

from __future__ import annotations

from pydantic import Field

from sereno.systems.part import Part


class Overview(Part):
    """The job `business_overview`. It shows what the files `sql/overview.*.sql` tell, each of which is optional."""

    idle_clients_days: int = Field(default=30, ge=1, le=365, examples=[30])
    """An API client that has not called for so long is idle."""
    most_errors_percent: int = Field(default=20, ge=0, le=100, examples=[20])
    """How many of a hundred API requests of seven days may fail before that is a finding."""
