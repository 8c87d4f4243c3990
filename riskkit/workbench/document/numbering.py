"""Numbers of parts, figures and tables, as official documents set them in zh and en."""

from __future__ import annotations

from riskkit.foundation.language import in_language, language
from riskkit.words.catalogue import page_text

_DIGITS = "〇一二三四五六七八九"


def chinese_numeral(number: int) -> str:
    """1–99 in Chinese."""
    tens, ones = divmod(number, 10)
    if not 0 < number < 100:
        return str(number)
    head = "" if tens == 0 else "十" if tens == 1 else _DIGITS[tens] + "十"
    return head + (_DIGITS[ones] if ones else "")


class Numbers:
    """Counts the parts, figures and tables of one document while it is set."""

    def __init__(self) -> None:
        self._lang = language()
        self._parts = [0, 0, 0]
        self._figures = self._tables = 0

    def part(self, depth: int) -> str:
        """The number before the next heading of a depth."""
        self._parts[depth - 1] += 1
        self._parts[depth:] = [0] * (3 - depth)
        if self._lang != "zh":
            return ".".join(str(number) for number in self._parts[:depth]) + "  "
        number = self._parts[depth - 1]
        return (f"{chinese_numeral(number)}、", f"（{chinese_numeral(number)}）", f"{number}. ")[depth - 1]

    def figure(self) -> str:
        """The label of the next figure."""
        self._figures += 1
        return f"{in_language(self._lang, page_text, 'figure')} {self._figures}"

    def table(self) -> str:
        """The label of the next table."""
        self._tables += 1
        return f"{in_language(self._lang, page_text, 'table')} {self._tables}"
