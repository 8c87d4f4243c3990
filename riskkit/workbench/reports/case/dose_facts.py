"""The doses of a case as its report shows them, each with what it rests on and its source."""

from __future__ import annotations

from collections.abc import Iterator

from riskkit.assessment.facts.case_file import Case, Dose, Fact
from riskkit.foundation.language import language
from riskkit.foundation.standards.glossary import label
from riskkit.words.catalogue import report_text as text
from riskkit.workbench.document.block_kinds import Table
from riskkit.workbench.reports.case.citations import cite
from riskkit.workbench.reports.case.words import distribution

_NUMBERS = ("dose", "reference_point", "guidance_value")


def dose_facts(case: Case) -> tuple[Table, ...]:
    """The table of doses and of what they are compared with; nothing where the case has none."""
    rows = tuple(row for dose in case.methods.exposure for row in _rows(case, dose))
    heads = ("col_fact", "col_value", "col_rests_on", "col_note")
    table = Table(text("doses_table"), tuple(text(head) for head in heads), rows)
    return (table,) if rows else ()


def _rows(case: Case, dose: Dose) -> Iterator[tuple[str, ...]]:
    colon = "：" if language() == "zh" else ": "
    name = dose.substance.say()
    for part in _NUMBERS:
        fact: Fact | None = getattr(dose, part)
        if fact is not None:
            basis = f"{label('basis', fact.basis)} {cite(case, fact.source)}".strip()
            note = fact.note.say() if fact.note else "—"
            said = distribution(fact.value, "number")
            yield name + colon + label("method_input", part), said, basis, note
    if dose.route is not None or dose.source:
        inputs = "；" if language() == "zh" else "; "
        said = inputs.join(f"{key} = {value}" for key, value in dose.inputs.items()) or "—"
        basis = f"{label('basis', dose.basis)} {cite(case, dose.source)}".strip()
        note = dose.note.say() if dose.note else "—"
        yield name + colon + text("doses_inputs"), said, basis, note
