"""The steps of `data_checks`."""

from sereno.data_checks import steps
from tasks.step import NETWORK, step

count_rows = step(steps.count_rows, name="count rows", retry=NETWORK)
compare_labels = step(steps.compare_labels, name="compare the labels of enums", retry=NETWORK)
look_for_rows = step(steps.look_for_rows, name="look for known rows", retry=NETWORK)
look_for_parents = step(steps.look_for_parents, name="look for rows without a parent", retry=NETWORK)
measure_age = step(steps.measure_age, name="see how old the newest rows are", retry=NETWORK)
look_for_duplicates = step(steps.look_for_duplicates, name="look for duplicates", retry=NETWORK)
run_queries = step(steps.run_queries, name="run the system's own checks", retry=NETWORK)
measure_latency = step(steps.measure_latency, name="measure queries", retry=NETWORK)
