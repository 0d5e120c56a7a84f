"""Planning the run of a job: the suites of a system, and the credentials that `sereno smoke` hands to its process."""

from __future__ import annotations

import os
from collections.abc import Mapping

from sereno.smoke.plan import Plan, plan_run
from sereno.smoke.suite.reading import read_suites
from sereno.smoke.wishes import Credentials, Wishes

TOKEN, USERNAME, PASSWORD = "SERENO_SMOKE_TOKEN", "SERENO_SMOKE_USERNAME", "SERENO_SMOKE_PASSWORD"
"""The variables under which `sereno smoke` hands the caller's credentials to the job: never parameters, which show."""


def plan_job(system: str, *, suite: str, base_url: str, live: bool, insecure: bool, values: Mapping[str, str]) -> Plan:
    """What a job was asked for.

    Raises:
        ConfigurationError: the system has no such suites, or they are wrong; there is no such suite or variable.
    """
    given = Credentials(*(os.environ.get(name, "") for name in (TOKEN, USERNAME, PASSWORD)))
    wishes = Wishes(suite=suite, base_url=base_url, live=live, insecure=insecure, values=values, credentials=given)
    return plan_run(read_suites(system), wishes)
