"""The compliance report for people: its texts in three languages, its page, its files, its seal."""
