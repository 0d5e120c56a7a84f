"""Looking after a database: what a person should know about it today, and the three commands that mend most of it."""
