"""`smoke.yaml`: the suites of a system as strict models, read with file, line and column."""
