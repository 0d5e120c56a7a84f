"""What can be wrong with an expression, and with what it is asked about."""

from __future__ import annotations


class GrammarError(ValueError):
    """An expression that cannot be read. `column` is 0-based, in `text`."""

    def __init__(self, message: str, *, text: str, column: int) -> None:
        """Say what is wrong at `column` of `text`."""
        super().__init__(message)
        self.message = message
        self.text = text
        self.column = column

    @property
    def shown(self) -> str:
        """The expression with a caret below the place."""
        return f"{self.text}\n{' ' * self.column}^"


class Unfit(Exception):  # noqa: N818 (it is a finding about an answer, and no error of ours)
    """An answer is not of the kind that an expression asks about: no JSON, no such key, text where a number belongs."""
