"""The steps of `backup`."""

from sereno.backup import leftovers, read_back, write
from tasks.step import NETWORK, step

clear_leftovers = step(leftovers.clear_leftovers, name="clear leftovers", retry=NETWORK)
write_backup = step(write.write, name="write {kind} backup", retry=NETWORK, progress=True)
verify_written = step(read_back.read_back, name="read back", retry=NETWORK, progress=True)
