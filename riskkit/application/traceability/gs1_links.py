"""One canonical name for a GS1 key, however it is written: EPC URN, pattern, class or Digital Link."""

from __future__ import annotations

import re
from collections.abc import Callable

ROOT = "https://id.gs1.org"
_URN = re.compile(r"urn:epc:(id|class|idpat):([a-z]+):(\d{6,12})\.([^.]*)(?:\.(.+))?")
_LINK = re.compile(
    r"https?://[^?#\s]+?/(00|01|253|255|401|402|414|417|8003|8004|8006|8010|8017|8018)/([^/?#]+)"
    r"((?:/\d{2,4}/[^/?#]+)*)/?(?:[?#].*)?"
)
_ALIASES = {
    "gtin": "01", "itip": "8006", "cpi": "8010", "gln": "414", "party": "417", "gsrnp": "8017",
    "gsrn": "8018", "gcn": "255", "sscc": "00", "gdti": "253", "ginc": "401", "gsin": "402", "grai": "8003",
    "giai": "8004", "cpv": "22", "lot": "10", "ser": "21",
}  # fmt: skip
_ALIAS = re.compile(f"(?<=/)({'|'.join(_ALIASES)})(?=/)")
"""Words that Digital Links of version 1.1 may have in place of numbers."""
_QUALIFIERS = {"01": ("21", "235", "10"), "8006": ("21", "10"), "414": ("254",), "8010": ("8011",)}
"""Of the qualifiers of a key the first that is there: the lowest level, as CBV 2.0, 8.9 wants it."""
_GTIN_DIGITS = 14
_CODED = {ord(sign): f"%{ord(sign):02X}" for sign in "!()*+,:"}


def check_digit(digits: str) -> str:
    """The check digit of a GS1 key without it.

    Parameters
    ----------
    digits : str
        Digits only.

    Returns
    -------
    str
        One digit.

    References
    ----------
    .. [1] GS1 General Specifications, 7.9.1.

    Examples
    --------
    >>> check_digit("0061414111111"), check_digit("401234500011")
    ('4', '5')
    """
    total = sum(int(digit) * (1 if k % 2 else 3) for k, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def _checked(digits: str) -> str:
    return digits + check_digit(digits) if digits.isdigit() else digits


def _gtin(prefix: str, reference: str) -> str:
    return _checked(reference[:1] + prefix + reference[1:])


def _with(qualifier: str, value: str) -> str:
    return f"/{qualifier}/{value}" if value else ""


_Written = Callable[[str, str, str], str]
_SCHEMES: dict[str, tuple[int, _Written]] = {
    "sgtin": (13, lambda p, r, s: f"/01/{_gtin(p, r)}{_with('21', s)}"),
    "lgtin": (13, lambda p, r, s: f"/01/{_gtin(p, r)}{_with('10', s)}"),
    "upui": (13, lambda p, r, s: f"/01/{_gtin(p, r)}{_with('235', s)}"),
    "itip": (13, lambda p, r, s: f"/8006/{_gtin(p, r)}{_itip(s)}"),
    "sscc": (17, lambda p, r, _: f"/00/{_gtin(p, r)}"),
    "sgln": (12, lambda p, r, s: f"/414/{_checked(p + r)}{_with('254', '' if s == '0' else s)}"),
    "pgln": (12, lambda p, r, _: f"/417/{_checked(p + r)}"),
    "grai": (12, lambda p, r, s: f"/8003/{_checked('0' + p + r)}{s}"),
    "gdti": (12, lambda p, r, s: f"/253/{_checked(p + r)}{s}"),
    "sgcn": (12, lambda p, r, s: f"/255/{_checked(p + r)}{s}"),
    "gsrn": (17, lambda p, r, _: f"/8018/{_checked(p + r)}"),
    "gsrnp": (17, lambda p, r, _: f"/8017/{_checked(p + r)}"),
    "gsin": (16, lambda p, r, _: f"/402/{_checked(p + r)}"),
    "giai": (0, lambda p, r, s: f"/8004/{p}{r}{'.' + s if s else ''}"),
    "ginc": (0, lambda p, r, s: f"/401/{p}{r}{'.' + s if s else ''}"),
    "cpi": (0, lambda p, r, s: f"/8010/{p}{r}{_with('8011', s)}"),
}
"""Of each EPC scheme: digits of company prefix and reference together (0: any), and how it is written."""


def _itip(rest: str) -> str:
    piece, total, serial = (*rest.split(".", 2), "", "")[:3]
    return f"{piece}{total}{_with('21', serial)}"


def canonical_key(text: str) -> str:
    """A GS1 key as the constrained canonical Digital Link; any other text as it is.

    Parameters
    ----------
    text : str
        EPC URI, EPC class or pattern URI, Digital Link of any domain, or any other text.

    Returns
    -------
    str
        ``https://id.gs1.org/…`` without query, at the lowest level that the text names.

    References
    ----------
    .. [1] GS1 CBV 2.0, 8.9 (``gs1_cbv_2_0``).

    Examples
    --------
    >>> canonical_key("urn:epc:id:sgtin:0614141.011111.987")
    'https://id.gs1.org/01/00614141111114/21/987'
    >>> canonical_key("https://shop.example/01/00614141111114/10/L7/21/987?x=1")
    'https://id.gs1.org/01/00614141111114/21/987'
    >>> canonical_key("http://transaction.example/po/12345678")
    'http://transaction.example/po/12345678'
    """
    urn = _URN.fullmatch(text)
    if urn and urn[2] in _SCHEMES:
        kind, scheme, prefix, reference, rest = urn.groups(default="")
        digits, written = _SCHEMES[scheme]
        if digits and (len(prefix + reference) != digits or (not reference.isdigit() and reference)):
            return text
        serial = rest.removesuffix("*").rstrip(".") if kind == "idpat" else rest
        return ROOT + written(prefix, reference, serial.translate(_CODED))
    link = (
        _LINK.fullmatch(_ALIAS.sub(lambda word: _ALIASES[word[1]], text)) if text.startswith("http") else None
    )
    if not link:
        return text
    key, value, rest = link.groups()
    parts = rest.split("/")[1:]
    given = dict(zip(parts[::2], parts[1::2], strict=True))
    value = value.zfill(_GTIN_DIGITS) if key == "01" else value
    lowest = [name for name in _QUALIFIERS.get(key, ()) if name in given][:1]
    return f"{ROOT}/{key}/{value}" + "".join(f"/{name}/{given[name].translate(_CODED)}" for name in lowest)
