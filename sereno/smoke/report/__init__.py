"""What people and programs read about a smoke run."""
