"""The steps of `history`."""

from sereno.history import look
from tasks.step import NETWORK, step

look_into = step(look.look_into, name="look into the history", retry=NETWORK)
