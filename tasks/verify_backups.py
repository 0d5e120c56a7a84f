"""The steps of `verify_backups`."""

from sereno.verify import inventory, reading
from tasks.step import NETWORK, step

take_inventory = step(inventory.take_inventory, name="list the backups", retry=NETWORK)
read_backup = step(reading.read_backup, name="read {stored.id} in {stored.store}", retry=NETWORK, progress=True)
