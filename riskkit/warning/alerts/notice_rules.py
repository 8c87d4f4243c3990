"""What the law asks a public notice to say, and which of it a text does not say yet."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from riskkit.foundation.language import language
from riskkit.foundation.standards import standards

Values = Mapping[str, str | list[str]]
_CONTACT = re.compile(r"[0-9]{5,}|[0-9]{3,}[ -][0-9]{3,}|[a-z0-9-]+\.[a-z]{2,}", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s*")
_REMEDIES = ("repair", "replacement", "refund")
_LEAST_REMEDIES = 2


@dataclass(frozen=True)
class OpenRule:
    """A rule of ``notice_rules`` that a notice does not meet.

    Parameters
    ----------
    rule, lang : str
        Its code, and the language of the text.
    asks : mapping of str to str
        In zh and en: what the notice must have.
    source_id, locator, status : str
        The clause.
    """

    rule: str
    lang: str
    asks: Mapping[str, str]
    source_id: str
    locator: str
    status: str


@dataclass(frozen=True)
class _Written:
    """A notice as it reads, and the values that it was filled with."""

    headline: str
    body: str
    values: Values
    lang: str
    images: Collection[str] = ()

    def text(self, name: str) -> str:
        value = self.values.get(name, "")
        return (value if isinstance(value, str) else " ".join(value)).casefold()

    def listed(self, name: str) -> list[str]:
        value = self.values.get(name, ())
        return [value.casefold()] if isinstance(value, str) else [one.casefold() for one in value]

    def says(self, name: str) -> bool:
        """Whether everything of a value stands in the notice, and there is something."""
        said = [one for one in self.listed(name) if one.strip()]
        return bool(said) and all(one in self.headline + " " + self.body for one in said)

    def place(self, text: str) -> int:
        return self.body.find(text.casefold())


def open_rules(lines: Sequence[str], values: Values, *, images: Collection[str] = ()) -> tuple[OpenRule, ...]:
    """The rules that a public notice does not meet, in the order of the table.

    Parameters
    ----------
    lines : sequence of str
        The notice as it reads, headline first.
    values : mapping of str to str or list of str
        What it was filled with: ``kind``, ``recall`` (empty where nothing is recalled), ``title``, ``goods``,
        ``hazard_names``, ``brand``, ``pictures``, ``identifiers``, ``lots``, ``advice``, ``contact``,
        ``category``, ``level``, ``starts_on``, ``reach``, ``steps``, ``issuer`` and ``issued_on``.
    images : collection of str
        What the pictures show that stand in the notice as images. Words about a picture are none.

    Returns
    -------
    tuple of OpenRule
        None for a notice that lifts a warning: it has nothing to ask of anybody.

    References
    ----------
    .. [1] Regulation (EU) 2023/988, Art. 36–37 (``gpsr_2023_988``); Implementing Regulation (EU) 2024/1435
       (``eu_2024_1435``); 突发事件应对法 (2024), 第六十四条 (``emergency_law_2024``); table ``notice_rules``.

    Examples
    --------
    >>> found = open_rules(["Lamp: fire"], {"title": "Lamp: fire", "advice": "Stop using it now."})
    >>> "headline" in {one.rule for one in found}, "contact" in {one.rule for one in found}
    (False, True)
    """
    if values.get("kind") == "lifted":
        return ()
    headline, body = (lines[0] if lines else "").casefold(), " ".join(lines[1:]).casefold()
    written = _Written(headline, body, values, language(), images)
    rows = [
        row for row in standards.rows("notice_rules") if row["applies"] == "always" or values.get("recall")
    ]
    return tuple(
        OpenRule(
            row["rule"],
            language(),
            {"zh": row["zh"], "en": row["en"]},
            row["source_id"],
            row["locator"],
            row["status"],
        )
        for row in rows
        if not _CHECKS[row["rule"]](written)
    )


def notice_words(kind: str, lang: str) -> tuple[str, ...]:
    """Words of one kind of the table ``notice_words``.

    Examples
    --------
    >>> notice_words("refund", "en")
    ('refund',)
    """
    rows = standards.rows("notice_words")
    return tuple(row["word"] for row in rows if row["kind"] == kind and row["lang"] == lang)


def _has(text: str, kind: str, lang: str) -> bool:
    return any(word in text for word in notice_words(kind, lang))


def _stop_use_first(one: _Written) -> bool:
    advice = one.text("advice").strip()
    first = next(iter(_SENTENCE.split(advice)), "")
    return one.says("advice") and _has(first, "stop_use", one.lang)


def _remedies(one: _Written) -> int:
    return sum(_has(one.body, kind, one.lang) for kind in _REMEDIES)


def _in_order(one: _Written) -> bool:
    """Product, hazard or advice, and remedy after the headline, in this order."""
    product, advice = one.place(one.text("goods")), one.place(one.text("advice"))
    words = [word for kind in _REMEDIES for word in notice_words(kind, one.lang)]
    remedy = max(one.body.rfind(word) for word in words)
    return bool(one.headline) and 0 <= product < advice < remedy


def _named(one: _Written) -> bool:
    return one.says("goods") and (not one.text("brand") or one.says("brand"))


def _hazard_said(one: _Written) -> bool:
    is_soft = _has(one.headline + " " + one.body.replace(one.text("event"), ""), "softening", one.lang)
    return one.says("hazard_names") and not is_soft


def _shown(one: _Written) -> bool:
    pictures = one.values.get("pictures", ())
    return bool(pictures) and all(picture in one.images for picture in pictures)


_CHECKS: Mapping[str, Callable[[_Written], bool]] = {
    "headline": lambda one: bool(one.text("title")) and one.text("title") in one.headline,
    "recall_headline": lambda one: one.text("recall") in one.headline,
    "picture": _shown,
    "name_and_brand": _named,
    "identifiers": lambda one: one.says("identifiers") or one.says("lots"),
    "hazard_words": _hazard_said,
    "stop_use_first": _stop_use_first,
    "remedy": lambda one: _remedies(one) >= _LEAST_REMEDIES,
    "contact": lambda one: one.says("contact") and bool(_CONTACT.search(one.text("contact"))),
    "template_parts": _in_order,
    "category": lambda one: one.says("category"),
    "level": lambda one: one.says("level"),
    "starts": lambda one: one.says("starts_on"),
    "reach": lambda one: one.says("reach"),
    "caution": lambda one: one.says("advice"),
    "measures": lambda one: one.says("steps"),
    "issuer": lambda one: one.says("issuer"),
    "issued": lambda one: one.says("issued_on"),
}
