"""What a terminal may be shown: names of files can hold letters that would command it."""

from __future__ import annotations

import unicodedata

UNSEEN = {"Cc", "Cf", "Zl", "Zp"}  # control characters, those that turn the direction of writing, breaks of lines


def printable(text: str, *, lines: bool = False) -> str:
    """Return a text in which letters that are not seen stand as escapes, such as \\x1b; lines: breaks may stay."""
    return "".join(
        letter if unicodedata.category(letter) not in UNSEEN or (lines and letter == "\n") else escaped(letter)
        for letter in text
    )


def escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
