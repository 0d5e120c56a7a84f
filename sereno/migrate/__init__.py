"""The job `migrate`: a system's own migration command, with its list before and a way back after."""
