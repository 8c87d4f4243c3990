"""Symbols of WTO notifications and the codes of goods that stand in their boxes."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SYMBOL = re.compile(
    r"G/(TBT|SPS)/N/([A-Z]{2,3})/([1-9][0-9]{0,4})((?:/(?:Add|Corr|Rev|Suppl)\.[1-9][0-9]{0,2})*)"
)
_PART = re.compile(r"/(Add|Corr|Rev|Suppl)\.[0-9]+")
_HS = re.compile(r"(?i:(ex)\s*)?([0-9]{2}(?:[. ]?[0-9]{2}){0,4})")
_ICS = re.compile(r"[0-9]{2}(\.[0-9]{3}(\.[0-9]{2})?)?")
_KINDS = {"Add": "addendum", "Corr": "corrigendum", "Rev": "revision", "Suppl": "supplement"}
KINDS = ("notification", *_KINDS.values())


@dataclass(frozen=True)
class Symbol:
    """A symbol in its parts.

    Parameters
    ----------
    agreement : str
        ``TBT`` or ``SPS``.
    base : str
        Symbol of the notification that the document belongs to.
    kind : str
        ``notification``, ``addendum``, ``corrigendum``, ``revision`` or ``supplement``.
    parent : str
        Symbol of the document that it changes; empty for a notification.
    """

    agreement: str
    base: str
    kind: str
    parent: str


def read_symbol(text: str) -> Symbol | None:
    """A symbol such as ``G/TBT/N/EU/825/Rev.1/Add.2`` in its parts; None when it is no symbol.

    Parameters
    ----------
    text : str
        As printed on the document.

    References
    ----------
    .. [1] WTO documents G/TBT/35 and G/SPS/7/Rev.4 (``wto_tbt_formats``, ``wto_sps_formats``).

    Examples
    --------
    >>> read_symbol("G/TBT/N/EU/825/Rev.1/Add.2")
    Symbol(agreement='TBT', base='G/TBT/N/EU/825', kind='addendum', parent='G/TBT/N/EU/825/Rev.1')
    >>> read_symbol("G/TBT/N/EU/0") is None
    True
    """
    found = _SYMBOL.fullmatch(text)
    if not found:
        return None
    parts = list(_PART.finditer(found[4]))
    base = text[: len(text) - len(found[4])]
    if not parts:
        return Symbol(found[1], base, KINDS[0], "")
    return Symbol(found[1], base, _KINDS[parts[-1][1]], text[: len(base) + parts[-1].start()])


def hs_codes(text: str) -> tuple[tuple[str, bool], ...] | None:
    """Codes of a box of products, each with whether only a part of it is meant (``ex``).

    Parameters
    ----------
    text : str
        Codes of 2, 4, 6, 8 or 10 digits with semicolons or commas between; dots and blanks within a code
        count for nothing.

    Returns
    -------
    tuple of (str, bool), or None
        None when any of them is no code: a range such as ``8501-8504`` is none.

    Examples
    --------
    >>> hs_codes("8504.40; ex 8507 60")
    (('850440', False), ('850760', True))
    >>> hs_codes("8501-8504") is None
    True
    """
    found = [_HS.fullmatch(part.strip()) for part in re.split("[;,]", text) if part.strip()]
    if not all(found):
        return None
    return tuple((re.sub("[. ]", "", one[2]), bool(one[1])) for one in found if one)


def ics_codes(text: str) -> tuple[str, ...] | None:
    """Codes of the International Classification for Standards; None when any of them is no code.

    Parameters
    ----------
    text : str
        Fields, groups or subgroups (``97``, ``97.200``, ``97.200.50``) with semicolons or commas between.

    Examples
    --------
    >>> ics_codes("97.200.50, 13.120"), ics_codes("97.2")
    (('97.200.50', '13.120'), None)
    """
    found = [part.strip() for part in re.split("[;,]", text) if part.strip()]
    return tuple(found) if all(_ICS.fullmatch(one) for one in found) else None
