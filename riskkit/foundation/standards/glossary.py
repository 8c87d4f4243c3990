"""One word per thing, in zh and en: the labels of every report, page and dashboard."""

from __future__ import annotations

import functools

from riskkit.foundation.language import language
from riskkit.foundation.standards import standards

LANGUAGES = ("zh", "en")


@functools.cache
def _words() -> dict[tuple[str, str], tuple[str, str]]:
    return {(row["list"], row["code"]): (row["zh"], row["en"]) for row in standards.rows("glossary")}


def label(kind: str, code: str) -> str:
    """The word for a code.

    Parameters
    ----------
    kind : str
        A list of the glossary, such as ``hazard_class``.
    code : str
        A code of that list.

    Raises
    ------
    KeyError
        When the glossary does not have it.

    Examples
    --------
    >>> from riskkit.foundation.language import in_language
    >>> in_language("zh", label, "hazard_class", "physical"), label("hazard_class", "physical")
    ('物理危害', 'physical hazard')
    """
    try:
        return _words()[kind, code][LANGUAGES.index(language())]
    except KeyError as error:
        raise KeyError(f"the glossary has no {kind} {code!r}") from error


@functools.cache
def codes(kind: str) -> tuple[str, ...]:
    """All codes of a list, in the order of the glossary.

    Raises
    ------
    KeyError
        When there is no such list.

    Examples
    --------
    >>> codes("hazard_class")
    ('health', 'physical', 'chemical', 'biological', 'environmental')
    """
    found = tuple(code for name, code in _words() if name == kind)
    if not found:
        raise KeyError(f"the glossary has no list {kind!r}")
    return found
