"""How it was done and how far it goes: house numbers, method, limits, provenance."""

from __future__ import annotations

from riskkit import __version__
from riskkit.case.case import Assessment
from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import report_text as text
from riskkit.workbench.document.block_kinds import Block, Cell, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.case.citations import cite_standard
from riskkit.workbench.reports.case.summary import profile_caution

_METHOD = ("method_scenarios", "method_grid", "method_grades", "method_level", "method_draws")
_LIMITS = (
    "limit_official",
    "limit_bands",
    "limit_injuries",
    "limit_independent",
    "limit_monotone",
    "limit_asof",
)
_FOOD_LIMITS = ("limit_food", "limit_asof")


def house_numbers(assessment: Assessment) -> Section | None:
    """Every number of our own choice that the assessment used."""
    if assessment.house_rows.empty:
        return None
    rows: list[tuple[Cell, ...]] = []
    for i, row in enumerate(records(assessment.house_rows), start=1):
        source = cite_standard(assessment, row["source_id"], row["locator"])
        rows.append((f"H{i}", text(f"table_{row['table']}"), row["rule"] or "—", row[language()], source))
    heads = ("col_number", "col_table", "col_rule", "col_meaning", "col_source")
    table = Table(text("house_table"), tuple(text(head) for head in heads), tuple(rows))
    blocks = (Paragraph(text("house_lead", n=len(rows)), "caution"), table)
    return Section("house-numbers", text("house_numbers"), 1, blocks)


def method(assessment: Assessment) -> Section:
    """How the level was reached, how to read it, and the limits of all this."""
    graded = assessment.lo is not None
    cited = {
        "eu": cite_standard(assessment, "eu_2024_3173"),
        "policy": cite_standard(assessment, "sc_2017_43"),
    }
    blocks: list[Block] = [*profile_caution(assessment)]
    if graded:
        steps = tuple(text(key, draws=f"{assessment.draws:,}", **cited) for key in _METHOD)
        blocks += [Items(steps, ordered=True)]
    limits = tuple(text(key) for key in (_LIMITS if graded else _FOOD_LIMITS))
    return Section("method", text("method"), 1, (*blocks, Paragraph(text("limits_lead")), Items(limits)))


def provenance(
    assessment: Assessment, *, seed: int, case_sha256: str, notebook: str = "assess_case.ipynb"
) -> Section:
    """What was put in, so that the same comes out again."""
    told = {
        "prov_case": assessment.case.id,
        "prov_sha": case_sha256,
        "prov_notebook": notebook,
        "prov_version": __version__,
        "prov_seed": str(seed),
        "prov_draws": f"{assessment.draws:,}",
    }
    if assessment.lo is not None:
        told["prov_profile"] = f"{assessment.profile.name} · {label('status', assessment.profile.status)}"
        told["prov_profile_sha"] = assessment.profile.sha256
        matrix = standards.all_rows("risk_matrix_list").set_index("matrix")
        told["prov_matrix"] = str(matrix.at["eu_2024_3173", language()])
    rows = tuple((text(key), value) for key, value in told.items())
    table = Table(text("prov_table"), (text("col_item"), text("col_content")), rows)
    return Section("reproduction", text("reproduction"), 1, (Paragraph(text("prov_lead")), table))
