"""Every control of a system judged, in the order of the report."""

from __future__ import annotations

from collections.abc import Iterator

from sereno.compliance import judging, own_judging
from sereno.compliance.catalogue import CATALOGUE, is_left_out
from sereno.compliance.control import Judged
from sereno.compliance.looking import Seen, section_of
from sereno.systems.contracts.compliance import ACCESS, BREACHES, CONSENTS, COVERAGE, LOGINS, POLICIES, REQUESTS
from sereno.systems.model import System
from sereno.systems.sections.compliance import Compliance

_ORDER = {control.name: place for place, control in enumerate(CATALOGUE)}


def judge_controls(system: System, seen: Seen) -> tuple[Judged, ...]:
    """The controls that Sereno brings and the folder does not leave out, then those of the system's own."""
    section = section_of(system)
    found = [*_by_tables(system, section, seen), *_by_own_knowledge(system, section, seen)]
    brought = sorted(
        (each for each in found if not is_left_out(each.name, section)), key=lambda each: _ORDER[each.name]
    )
    own = (judging.own_control(control, seen.tables.own[control.name]) for control in section.own_controls)
    return (*brought, *own, *map(judging.manual_control, section.manual_controls))


def _by_tables(system: System, section: Compliance, seen: Seen) -> Iterator[Judged]:
    tables = seen.tables
    requests = judging.request_clocks(system, section, seen.now)
    breaches = judging.breach_clocks(system, section, seen.now)
    for name, answer, clocks, words, contract in (
        ("breaches_notified_in_time", tables.breaches, breaches, ("known", "notified"), BREACHES),
        ("requests_in_time", tables.requests, requests, ("received", "answered"), REQUESTS),
    ):
        judge = judging.in_time(name, section, clocks, words=words)
        yield judging.by_answer(name, section, answer, judge, file=contract.stem)
    coverage = judging.share("consent_coverage", section, "covered")
    yield judging.by_answer("consent_coverage", section, tables.coverage, coverage, file=COVERAGE.stem)
    in_use = judging.consents_in_use(section)
    yield judging.by_answer("consents_in_use", section, tables.consents, in_use, file=CONSENTS.stem)
    policies = judging.share("policies_accepted", section, "accepted")
    yield judging.by_answer("policies_accepted", section, tables.policies, policies, file=POLICIES.stem)
    access = judging.access_reviewed(section)
    yield judging.by_answer("access_reviewed", section, tables.access, access, file=ACCESS.stem)
    logins = judging.failed_logins(section)
    yield judging.by_answer("failed_logins", section, tables.logins, logins, file=LOGINS.stem)


def _by_own_knowledge(system: System, section: Compliance, seen: Seen) -> Iterator[Judged]:
    own = seen.own
    yield own_judging.judge_chain(section, own.chain)
    yield from own_judging.judge_backups(system, section, own.backups, own.keys, now=seen.now)
    yield own_judging.judge_retention(section, seen.map_, own.oldest, now=seen.now)
    if own.row_security is not None:
        yield own_judging.judge_row_security(section, own.row_security)
    yield own_judging.judge_data_map(section, own.data_map)
