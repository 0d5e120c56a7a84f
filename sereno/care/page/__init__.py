"""From what was seen of a database to what a person should know: one module per part of the page, all of them pure."""
