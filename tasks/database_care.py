"""The steps of `database_care`."""

from collections.abc import Sequence

from sereno.care import actions, growth, looking
from sereno.reports.model import Finding
from sereno.systems.model import System
from tasks.step import NETWORK, step

look_at_server = step(looking.look_at_server, name="look at the server", retry=NETWORK)
look_at_sessions = step(looking.look_at_sessions, name="look at sessions")
look_at_tables = step(looking.look_at_tables, name="look at tables")
look_at_indexes = step(looking.look_at_indexes, name="look at indexes")
look_at_foreign_keys = step(looking.look_at_foreign_keys, name="look at foreign keys")
look_at_sequences = step(looking.look_at_sequences, name="look at sequences")
look_at_statements = step(looking.look_at_statements, name="look at statements")
look_at_settings = step(looking.look_at_settings, name="look at settings")
remember = step(growth.remember, name="compare with the runs before", retry=NETWORK)
plan_actions = step(actions.plan_actions, name="see what was asked for", retry=NETWORK)
_carry_out = step(actions.carry_out, name="{action}")


async def look(system: System) -> looking.Seen:
    """Everything that the page is about; what cannot be seen is said in its place."""
    return looking.Seen(
        server=await look_at_server(system),
        sessions=await look_at_sessions(system),
        tables=await look_at_tables(system),
        indexes=await look_at_indexes(system),
        unindexed=await look_at_foreign_keys(system),
        sequences=await look_at_sequences(system),
        statements=await look_at_statements(system),
        settings=await look_at_settings(system),
    )


async def carry_out(system: System, planned: Sequence[actions.Action]) -> list[Finding]:
    """Every action, one after the other."""
    return [await _carry_out(system, action) for action in planned]
