"""The one reader of warning levels: however one is written, it is the same everywhere, or it is refused.

Level numbers count from the gravest (Ⅰ, 1, 一级), grades 1–4 count from the mildest. A written number is a
level number only where nothing but a level can be meant: where grades stand beside it, and for numbers of
Python (ranks count 4 as the gravest too), it is refused.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

from riskkit.foundation.language import in_language
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.scales import scale

_NUMBERS = {"Ⅰ": ("Ⅰ", "I", "1", "一"), "Ⅱ": ("Ⅱ", "II", "2", "二"), "Ⅲ": ("Ⅲ", "III", "3", "三"),
            "Ⅳ": ("Ⅳ", "IV", "4", "四")}  # fmt: skip
_GRAVEST = ("特别重大",)  # of emergencies; its milder names have another rank in other scales
_FILLING = {"level", "warning", "alert", "预警"}
_BETWEEN = re.compile(r"[\s()·]+")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_NUMBER, _COLOUR, _NAME, _MARK = "number", "colour", "name", "mark"


@functools.cache
def _words() -> Mapping[str, tuple[str, str]]:
    """Word, in lower case → what kind of word, and its level."""
    of = scale("warning")
    found: dict[str, tuple[str, str]] = {}
    for code in of.codes:
        colours = [in_language(lang, label, "colour", code) for lang in ("zh", "en")]
        found |= dict.fromkeys([*colours, colours[0].removesuffix("色")], (_COLOUR, code))
        found |= {number.casefold(): (_NUMBER, code) for number in _NUMBERS[code]}
        found |= {f"{number.casefold()}级": (_NUMBER, code) for number in _NUMBERS[code]}
        found |= dict.fromkeys(
            (in_language("zh", of.word, code), in_language("en", of.word, code).replace(" ", "_")),
            (_NAME, code),
        )
        found[of.symbol(code)] = (_MARK, code)
    return found | dict.fromkeys(_GRAVEST, (_NAME, of.codes[-1]))


def accepted_levels() -> str:
    """What is accepted, for the message of a refusal.

    Examples
    --------
    >>> accepted_levels()
    'a level: Ⅰ (I, 1, 一级, red, 红), Ⅱ (II, 2, 二级, ...) or Ⅳ (IV, 4, 四级, blue, 蓝)'
    """
    told = [
        f"{code} ({_NUMBERS[code][1]}, {_NUMBERS[code][2]}, {_NUMBERS[code][3]}级, "
        f"{in_language('en', label, 'colour', code)}, "
        f"{in_language('zh', label, 'colour', code).removesuffix('色')})"
        for code in reversed(scale("warning").codes)
    ]
    return f"a level: {', '.join(told[:-1])} or {told[-1]}"


def level_code(value: Any, *, is_graded: bool = False) -> str:
    """The warning level that somebody wrote, as ``Ⅰ`` … ``Ⅳ``.

    A number (Roman, Arabic or Chinese, with or without 级), a colour, or the name that only the most serious
    level has; a number, a colour, a name and a symbol may stand together where they agree, as riskkit prints
    them.

    Parameters
    ----------
    value : str
        What was written; anything but a text is refused.
    is_graded : bool
        Whether grades, of which 4 is the gravest, are written in the same place: a bare Arabic number is
        refused then.

    Raises
    ------
    ValueError
        With the list of what is accepted, when it is none of it, or could be two of it.

    References
    ----------
    .. [1] 国发〔2017〕43号, 二（三）8 (``sc_2017_43``): Ⅰ to Ⅳ with red, orange, yellow, blue.
    .. [2] 突发事件应对法 (2024), Art. 63 (``emergency_law_2024``): 一级 is the gravest.

    Examples
    --------
    >>> level_code("1"), level_code("iv"), level_code("红色预警"), level_code("Ⅱ级　严重（橙色）")
    ('Ⅰ', 'Ⅳ', 'Ⅰ', 'Ⅱ')
    >>> level_code("serious")
    Traceback (most recent call last):
    ...
    ValueError: a level: Ⅰ (I, 1, 一级, red, 红), Ⅱ (II, 2, ...
    """
    if not isinstance(
        value, str
    ):  # a number of Python is as likely a rank or grade, of which 4 is the gravest
        raise ValueError(accepted_levels())
    text = value.translate(_FULL_WIDTH).casefold().strip()
    if is_graded and text.isdecimal():
        raise ValueError(f"{accepted_levels()}; not a bare number, since grades count 4 as the gravest here")
    for name in scale("warning").en:
        text = text.replace(name, name.replace(" ", "_"))
    parts = [part.removesuffix("预警") or part for part in _BETWEEN.split(text) if part]
    known = [_words().get(part) for part in parts if part not in _FILLING]
    kinds = [pair[0] for pair in known if pair is not None]
    levels = {pair[1] for pair in known if pair is not None}
    is_clear = len(kinds) == len(known) == len(set(kinds)) and len(levels) == 1
    says_it = {_NUMBER, _COLOUR} & set(kinds) or (_NAME in kinds and levels == {scale("warning").codes[-1]})
    if not is_clear or not says_it:
        raise ValueError(accepted_levels())
    return levels.pop()


def level_rank(value: Any, *, is_graded: bool = False) -> int:
    """The warning level that somebody wrote, as its rank: 1 for Ⅳ to 4 for Ⅰ, as calculations count.

    Raises
    ------
    ValueError
        As `level_code`.

    Examples
    --------
    >>> level_rank("Ⅰ"), level_rank("1"), level_rank("blue")
    (4, 4, 1)
    """
    return scale("warning").codes.index(level_code(value, is_graded=is_graded)) + 1


def code_of_rank(rank: int | None) -> str | None:
    """The sign of a rank; none for none, and for what is no rank (0: no warning).

    Examples
    --------
    >>> code_of_rank(4), code_of_rank(0), code_of_rank(None)
    ('Ⅰ', None, None)
    """
    return scale("warning").codes[rank - 1] if rank and 1 <= rank <= len(_NUMBERS) else None
