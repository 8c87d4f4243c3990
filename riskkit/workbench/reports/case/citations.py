"""The numbered sources of a report: first those of the case, then those of the tables it used."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from riskkit.assessment.facts.case_file import Case
from riskkit.case.case import Assessment
from riskkit.case.case_numbers import METHOD
from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.method_cards import method_cards
from riskkit.words.catalogue import report_text as text
from riskkit.workbench.document.block_kinds import Table

_ALWAYS = ("sc_2017_43",)
_GRADED = (METHOD, "eu_2019_417")
_FOOD = ("food_accident_plan", "food_safety_law")


@functools.lru_cache(maxsize=8)
def standard_sources(assessment: Assessment) -> tuple[str, ...]:
    """Ids of the sources of the tables that the assessment used, in the order of ``sources.csv``."""
    used = {*_ALWAYS, *(_GRADED if assessment.lo is not None else _FOOD)}
    if assessment.lo is not None:
        used |= set(assessment.profile.rows["source_id"]) | set(assessment.house_rows["source_id"])
        used |= {card.source_id for card in method_cards().values()}
        used |= set(assessment.reasons.loc[assessment.reasons["state"] != "no", "source_id"])
    return tuple(name for name in standards.table("sources")["source_id"] if name in used)


def cite(case: Case, sources: Iterable[str]) -> str:
    """The numbers of sources of a case."""
    numbers = {source.id: i for i, source in enumerate(case.sources, start=1)}
    return "".join(f"[{n}]" for n in sorted(numbers[name] for name in set(sources)))


def cite_standard(assessment: Assessment, source_id: str, locator: str = "") -> str:
    """The number of a table's source, with the clause; a source of the user's own by its name."""
    known = standard_sources(assessment)
    locator = re.split("[；：]" if language() == "en" else "[;:] ", locator, maxsplit=1)[0]
    number = len(assessment.case.sources) + known.index(source_id) + 1 if source_id in known else 0
    return f"{f'[{number}]' if number else source_id} {locator}".strip()


def source_table(assessment: Assessment) -> Table:
    """All sources with their numbers."""
    rows = [
        (s.publisher.say(), str(s.year), "\n".join(filter(None, (s.document, s.url))))
        for s in assessment.case.sources
    ]
    for name in standard_sources(assessment):
        found = standards.source(name)
        document = "\n".join(filter(None, (str(found["document"]), str(found["url"]))))
        rows.append((str(found[f"publisher_{language()}"]), str(found["year"]) or "—", document))
    numbered = tuple((f"[{i}]", *row) for i, row in enumerate(rows, start=1))
    heads = ("col_number", "col_publisher", "col_year", "col_document")
    return Table(text("sources_table"), tuple(text(head) for head in heads), numbered)
