"""The steps of `smoke`."""

from sereno.smoke import memory, planned, running
from tasks.step import NETWORK, step

plan_suite = step(planned.plan_job, name="plan {suite}")
run_suite = step(running.run_plan, name="run {plan.name} of {plan.suites.system}", progress=True)
remember_results = step(memory.remember, name="compare with the runs before", retry=NETWORK)
