"""One word per thing, in zh and en: the labels of every report, page and dashboard."""

from __future__ import annotations

import functools

from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records

LANGUAGES = ("zh", "en")


@functools.cache
def _words() -> dict[tuple[str, str], tuple[str, str]]:
    rows = standards.table("glossary")
    return {(row["list"], row["code"]): (row["zh"], row["en"]) for row in records(rows)}


def label(kind: str, code: str, lang: str) -> str:
    """The word for a code.

    Parameters
    ----------
    kind : str
        A list of the glossary, such as ``hazard_class``.
    code : str
        A code of that list.
    lang : str
        ``zh`` or ``en``.

    Raises
    ------
    KeyError
        When the glossary does not have it, or not in that language.

    Examples
    --------
    >>> label("hazard_class", "physical", "zh"), label("hazard_class", "physical", "en")
    ('物理危害', 'physical hazard')
    """
    if lang not in LANGUAGES:
        raise KeyError(f"no language {lang!r}; there are zh and en")
    try:
        return _words()[kind, code][LANGUAGES.index(lang)]
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
