"""The catalogue of texts: one row a text in ``catalogue.csv``, its key an area and a name (``report.basis``).

Terms of the field (levels, hazards, channels) come from the glossary and the scales, never from here.
"""

from __future__ import annotations

import csv
import io
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from riskkit.foundation.language import LANGS, language


class _Counted(string.Formatter):
    """Texts with numbers: ``{n:|fault|faults}`` is the first word for one and the second otherwise."""

    def format_field(self, value: object, format_spec: str) -> str:
        """A word for a number, or what a format gives."""
        if format_spec.startswith("|"):
            _, one, many = format_spec.split("|")
            return one if value == 1 else many
        return str(super().format_field(value, format_spec))


_COUNTED = _Counted()


@cache
def catalogue() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Area → key → language → text."""
    found: dict[str, dict[str, Mapping[str, str]]] = {}
    text = (resources.files("riskkit.words") / "catalogue.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(io.StringIO(text)):  # not splitlines(): a text may hold several lines
        area, _, key = row["key"].partition(".")
        found.setdefault(area, {})[key] = {lang: row[lang] for lang in LANGS}
    return found


@dataclass(frozen=True)
class Texts(Mapping[str, Mapping[str, str]]):
    """The texts of one area: called with a key they give a text; as a mapping, both languages.

    Examples
    --------
    >>> Texts("template")("how_ingest", sheet="complaint")
    'Read it in when filled: riskkit ingest FILE --source complaint'
    """

    area: str

    def __call__(self, key: str, **values: object) -> str:
        """One text, its ``{places}`` filled."""
        text = self[key][language()]
        return _COUNTED.vformat(text, (), values) if values else text

    def __getitem__(self, key: str) -> Mapping[str, str]:
        return catalogue()[self.area][key]

    def __iter__(self) -> Iterator[str]:
        return iter(catalogue()[self.area])

    def __len__(self) -> int:
        return len(catalogue()[self.area])


command_text, page_text, served_text = Texts("command"), Texts("page"), Texts("served")
report_text, method_text, monitoring_text = Texts("report"), Texts("method"), Texts("monitoring")
what_if_text, warning_text = Texts("what_if"), Texts("warning")
panel_text, committee_text = Texts("panel"), Texts("committee")
