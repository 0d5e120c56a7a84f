"""How today compares with 30 and 90 days ago, and what moved meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sereno.overview.movements import added
from sereno.overview.snapshot import Movements, Snapshot

PERIODS_DAYS = (30, 90)


def earlier(snapshots: Sequence[Snapshot], *, days: int) -> Snapshot | None:
    """What today is compared with: the newest snapshot that is `days` old or older, else the oldest before today's.

    Args:
        snapshots: oldest first, today's last.
        days: how far back.
    """
    *before, today = snapshots
    wanted = today.day - timedelta(days=days)
    old_enough = [each for each in before if each.day <= wanted]
    return old_enough[-1] if old_enough else before[0] if before else None


def moved(snapshots: Sequence[Snapshot], *, days: int) -> Movements | None:
    """The movements that were seen on the last `days` days, today with them; None where nothing could be compared yet.

    Args:
        snapshots: oldest first, today's last.
        days: how far back.
    """
    since = snapshots[-1].day - timedelta(days=days)
    return added([each.movements for each in snapshots if each.movements and each.day > since])
