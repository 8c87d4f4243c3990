"""How long a brief may be: words in English, characters in Chinese, counted and held by shortening texts."""

from __future__ import annotations

import re
from collections.abc import Callable

from riskkit.foundation.language import language
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.workbench.document.block_kinds import Badge, Block, Cell, Details, Items, Paragraph, Photo, Table
from riskkit.workbench.document.blocks import Section

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef]|[^\s\u3040-\u30ff\u3400-\u9fff\uff00-\uffef]+")
_SIGN = re.compile(r"\S")
_ENDS = {"zh": "。；", "en": ".;"}
_LONGEST = 12  # signs of a word, on average: words that run on would break the page
_SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
"""How far the longest texts are shortened, until a page is short enough."""


def length(words: str) -> int:
    """Words of an English text; characters of a Chinese one, without spaces."""
    return len(_pattern().findall(words))


def _pattern() -> re.Pattern[str]:
    return _SIGN if language() == "zh" else _WORD


def shortened(words: str, most: int) -> str:
    """A text of at most `most` words (en) or characters (zh): whole sentences, or cut with “…”."""
    tokens = list(_pattern().finditer(words))
    tokens = tokens[: next((n for n, one in enumerate(tokens) if one.end() > most * _LONGEST), len(tokens))]
    if not tokens or (len(tokens) <= most and tokens[-1].end() == len(words.rstrip())):
        return words[: most * _LONGEST] + ("…" if len(words) > most * _LONGEST else "")
    most = min(most, len(tokens))
    kept = words[: tokens[max(most - 1, 0)].end()]
    ends = [at + 1 for at, sign in enumerate(kept) if sign in _ENDS[language()] and _is_end(words, at)]
    if ends and length(kept[: ends[-1]]) * 2 >= most:
        return kept[: ends[-1]].rstrip("；; ")
    return words[: tokens[max(most - 2, 0)].end()].rstrip("，、；,;:： ") + "…"


def _is_end(words: str, at: int) -> bool:
    """A full stop inside a number or a name (GB 1.2) ends no sentence."""
    return language() == "zh" or at + 1 == len(words) or words[at + 1].isspace()


def section_length(section: Section) -> int:
    """Words (en) or characters (zh) of everything a section shows."""
    return sum(length(words) for block in section.blocks for words in texts(block)) + length(section.title)


def texts(block: Block | Cell) -> list[str]:  # noqa: PLR0911 - one answer a kind
    """Every text that a block shows."""
    match block:
        case str():
            return [block]
        case Paragraph():
            return [block.text]
        case Photo():
            return [block.alt]
        case Badge():
            return [block.scale, block.label]
        case Items():
            return list(block.items)
        case Table():
            cells = (cell for row in block.rows for cell in row)
            return [block.caption, *block.columns, *(words for cell in cells for words in texts(cell))]
        case Details():
            return [block.summary, *(words for inner in block.blocks for words in texts(inner))]


def fitted(compose: Callable[[Callable[[str, int], str]], Section], *, share: float) -> Section:
    """A page of a brief, its longest texts shortened until it holds the limit."""
    whole = method_number("brief", "characters" if language() == "zh" else "words")
    for times in _SHARES:

        def cut(words: str, most: int, times: float = times) -> str:
            return shortened(words, max(3, round(most * times)))

        section = compose(cut)
        if section_length(section) <= share * whole:
            return section
    raise ValueError("a brief that holds its length")
