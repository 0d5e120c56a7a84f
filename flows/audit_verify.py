"""The job `audit_verify`."""

from sereno.auditing.report import audit_report
from sereno.reports.model import Report
from tasks.audit_verify import ask_witnesses, note_configuration, note_head, verify_chain
from tasks.job import job
from tasks.publish import publish
from tasks.systems import exclusive, load_system


@job(run_name="audit verify {system}")
async def audit_verify(system: str, full: bool = False) -> Report:
    """Prove that nobody changed the history: every event of the audit chain is sealed by all that came before it.

    When: every day, on from where the run before ended; with `full` every month, and before the history is relied on.

    What it changes: nothing in the system. Files of the system's folder that are not what they were become an event of
    the chain, by name and digest, so that the history tells when Sereno was told to work differently. When the chain
    holds, its head is noted in every store of the system, once, where who can edit the ledger cannot reach: there, and
    in the manifests of backups, a cut or rewritten chain shows.

    When it fails: the finding names the first event that is not what it was, and how that can be seen. Keep the ledger
    as it is, take a copy, and find out who could write to it; backups and reports hold the heads of their time. A store
    that cannot be read is mended; until then the chain is checked against the other stores alone.

    Args:
        system: The system's name: a folder below `deployments/`.
        full: Read every event from the first on, and compare with everything that the stores remember. Without it, only
            what came since the last verification is read, and events before that are compared with what was noted.
    """
    source = await load_system(system)
    async with exclusive(source, "audit_verify"):
        configuration = await note_configuration(source)
        witnesses = await ask_witnesses(source, full=full)
        verified = await verify_chain(source, witnesses, full=full)
        noted = await note_head(source, verified)
    return await publish(audit_report(verified, witnesses, (configuration, *noted)))
