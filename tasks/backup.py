"""The steps of `backup`."""

from sereno.backup import copies, leftovers, read_back, record, write
from sereno.errors import SerenoError
from sereno.systems.model import System
from tasks.step import NETWORK, step

clear_leftovers = step(leftovers.clear_leftovers, name="clear leftovers", retry=NETWORK)
write_backup = step(write.write, name="write {kind} backup", retry=NETWORK, progress=True)
verify_written = step(read_back.read_back, name="read back", retry=NETWORK, progress=True)
record_backup = step(record.record_backup, name="note in the system's own table")
_copy_to_store = step(copies.copy_to_store, name="copy to {store}", retry=NETWORK, progress=True)


async def copy_to_other_stores(system: System) -> list[copies.StoreCopy]:
    """A copy in each of the system's other stores; one that fails does not stop the rest, and the next run retries."""
    return [await _copied(system, store) for store in copies.other_stores(system)]


async def _copied(system: System, store: str) -> copies.StoreCopy:
    try:
        return await _copy_to_store(system, store)
    except SerenoError as error:
        return copies.StoreCopy(store=store, problem=str(error))
