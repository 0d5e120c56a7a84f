"""Reading one line from left to right, with the column at hand when something is wrong."""

from __future__ import annotations

import re
from typing import NoReturn

from sereno.smoke.grammar.problems import GrammarError

_SPACE = re.compile(r"[ \t]*")
_WORD = re.compile(r"[^\s,\[\]]+")
_CLOSES = {"[": "]", "(": ")", "{": "}"}
LONGEST = 2_000  # characters of one expression


class Cursor:
    """A place in a line."""

    def __init__(self, text: str) -> None:
        """Begin at the first character that is no blank.

        Raises:
            GrammarError: the text is empty, of more than one line, or too long.
        """
        self.text = text
        self.at = 0
        if len(text) > LONGEST:
            raise GrammarError(f"longer than {LONGEST:,} characters", text=f"{text[:60]}…", column=60)
        if (
            odd := next((at for at, each in enumerate(text) if not each.isprintable() and each != "\t"), None)
        ) is not None:
            raise GrammarError("an expression is one line of text", text=text[:odd], column=odd)
        self.skip()
        if self.ended:
            self.fail("expected a query such as status, header NAME or $.key, found nothing")

    @property
    def ended(self) -> bool:
        """Whether nothing follows."""
        return self.at >= len(self.text)

    def skip(self) -> None:
        """Go past blanks."""
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def peek(self) -> str:
        """The next word, not taken; empty at the end."""
        found = _WORD.match(self.text, self.at)
        return found[0] if found else self.text[self.at : self.at + 1]

    def word(self) -> str:
        """Take the next word and the blanks behind it."""
        word = self.peek()
        self.take(len(word))
        return word

    def take(self, length: int) -> str:
        """Take so many characters and the blanks behind them."""
        taken = self.text[self.at : self.at + length]
        self.at += length
        self.skip()
        return taken

    def pattern(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Take what `pattern` matches here."""
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def path(self) -> str:
        """Take a JSONPath: up to the first blank outside brackets and quotes."""
        start, open_brackets, quote = self.at, list[str](), ""
        while self.at < len(self.text):
            character = self.text[self.at]
            if quote:
                self.at += character == "\\"
                quote = "" if character == quote else quote
            elif character in "'\"":
                quote = character
            elif character in _CLOSES:
                open_brackets.append(_CLOSES[character])
            elif open_brackets and character == open_brackets[-1]:
                open_brackets.pop()
            elif character in " \t" and not open_brackets:
                break
            self.at += 1
        self.at = min(self.at, len(self.text))
        if quote or open_brackets:
            self.fail(f"the JSONPath ends before its {quote or open_brackets[-1]}", at=len(self.text))
        taken = self.text[start : self.at]
        self.skip()
        return taken

    def fail(self, message: str, *, at: int | None = None) -> NoReturn:
        """Say what is wrong, here or at column `at`."""
        raise GrammarError(message, text=self.text, column=self.at if at is None else at)
