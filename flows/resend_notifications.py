"""The job `resend_notifications`."""

from typing import Annotated, Literal

from pydantic import Field

from sereno.moments import period_of
from sereno.reports.model import Report
from sereno.support.choosing import MOST, BatchFilter
from sereno.support.kinds import RESEND
from sereno.support.report import outcome_report, preview_report
from sereno.support.way import Wanted
from tasks.job import job
from tasks.publish import publish
from tasks.support import carry_out, choose_batch, choose_one, find_way
from tasks.systems import exclusive, load_system


@job(run_name="resend notifications {system}")
async def resend_notifications(
    system: str,
    notification_id: str = "",
    status: Literal["failed", "pending"] = "failed",
    channel: str = "",
    date_from: str = "",
    date_to: str = "",
    limit: Annotated[int, Field(ge=1, le=MOST)] = 50,
    way: Wanted = Wanted.AUTO,
    dry_run: bool = True,
    confirm_live: str = "",
) -> Report:
    """Send a notification of one system again, or a bounded batch of those that failed.

    When: somebody did not get a message, or a provider was down for a while and is back.

    What it changes: only notifications that are failed or pending. Through the system's API where its folder describes
    the call: then they are really sent. Else by the statement of its folder, which marks them as sent and counts the
    resend, and nothing leaves the house; the report says so. Each one is an event `resend_notification` in the audit
    chain. One that was sent meanwhile is left alone (`noop`).

    When it fails: the findings name each notification that did not go out and why; the others are done. Run it again
    with the same values: it goes on with what is still failed. A run that was killed loses nothing: the next one looks
    at the notification that was under way before it begins.

    Args:
        system: The system's name: a folder below `deployments/`.
        notification_id: Only this one, failed or pending. Empty: the oldest that the values below let through.
        status: Of a batch. Those that are pending may be about to be sent by the system itself.
        channel: Of a batch: only this channel, such as `sms`.
        date_from: Of a batch: made at this time or day or later, in the system's time zone unless it has an offset.
        date_to: Of a batch: made before this time; a day counts to its end.
        limit: Of a batch: at most so many.
        way: `auto`: through the API where the system's folder describes it. `statement`: only mark as sent.
        dry_run: Show which would be sent; send and change nothing.
        confirm_live: `YES` to really do it, together with `dry_run` off.
    """
    source = await load_system(system)
    since, until = period_of(date_from, date_to, source.zone)
    how = await find_way(source, RESEND, way)
    async with exclusive(source, "resend_notifications"):
        if notification_id:
            chosen = await choose_one(source, RESEND, notification_id, way=how)
        else:
            batch = BatchFilter(status=status, channel=channel, date_from=since, date_to=until, limit=limit)
            chosen = await choose_batch(source, batch)
        if dry_run:
            return await publish(preview_report(system, chosen, how))
        outcome = await carry_out(source, chosen, how)
    return await publish(outcome_report(system, chosen, how, outcome))
