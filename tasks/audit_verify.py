"""The steps of `audit_verify`."""

from sereno.auditing import configuration, verify, witnesses
from tasks.step import NETWORK, step

ask_witnesses = step(witnesses.ask_witnesses, name="ask what the stores remember", retry=NETWORK)
note_configuration = step(configuration.note_configuration, name="note changes of configuration", retry=NETWORK)
verify_chain = step(verify.verify_chain, name="verify the chain", retry=NETWORK)
note_head = step(verify.note_head, name="note the chain's head in the stores", retry=NETWORK)
