"""Rehearsing the disaster: the newest backup is restored into a database of the drill's own and proven there."""
