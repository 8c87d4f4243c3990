"""How firm the level is: shares of draws, what would change it, what it hangs on, other profiles."""

from __future__ import annotations

from typing import Any

from riskkit.case.case import Assessment
from riskkit.case.sentences import input_kind, input_name
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import percent, say_number
from riskkit.workbench.document.block_kinds import Block, Cell, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.case.basis import level_or_range
from riskkit.workbench.reports.case.level_numbers import chance_swing, moving_inputs, standard_error
from riskkit.workbench.reports.case.words import level_cell, risk_badge


def levels(assessment: Assessment, *, lang: str) -> Section | None:
    """Share of draws by warning level and by risk level, and how exact these shares are."""
    if assessment.lo is None:
        return None
    shares = [*assessment.shares["certain"], *assessment.shares["possible"]]
    worst = max(standard_error(float(share), assessment.draws) for share in shares)
    key = "levels_exact" if worst else "levels_settled"
    precise = text(key, lang, draws=f"{assessment.draws:,}", error=f"{100 * worst:.2f}")
    rows = tuple(
        (risk_badge(code, lang), percent(float(assessment.risk_shares[code]), lang))
        for code in reversed(scale("risk").codes)
    )
    heads = (text("col_risk", lang), text("col_share", lang))
    table = Table(text("risk_shares_table", lang), heads, rows, numeric=(1,))
    blocks = (Paragraph(text("levels_lead", lang)), Paragraph(precise, "note"), table)
    return Section("levels", text("levels", lang), 1, blocks)


def changes(assessment: Assessment, *, lang: str) -> Section | None:
    """The smallest change of each single input that changes the level, nearest first."""
    if assessment.lo is None:
        return None
    title = text("changes", lang)
    if assessment.flips.empty:
        return Section("changes", title, 1, (Paragraph(text("changes_none", lang)),))
    rows = tuple(_change(assessment, row, lang) for row in records(assessment.flips))
    heads = ("col_input", "col_now", "col_then", "col_level_then", "col_far")
    table = Table(text("changes_table", lang), tuple(text(h, lang) for h in heads), rows, numeric=(1, 2))
    return Section("changes", title, 1, (Paragraph(text("changes_lead", lang)), table))


def _change(assessment: Assessment, row: dict[str, Any], lang: str) -> tuple[Cell, ...]:
    kind = input_kind(row["input"])
    now, then = row["from_value"], row["to_value"]
    ends = [say_number(value, kind, lang) for value in (now, then)]
    far = "—"
    if kind not in ("flag", "ordinal") and now > 0 and then > 0:
        far = f"× {then / now:,.3g}" if then > now else f"÷ {now / then:,.3g}"
    beyond = (
        text("just_above", lang, value=ends[1])
        if kind in ("probability", "ratio") and then > now
        else ends[1]
    )
    told = level_or_range(int(row["lo"]), int(row["hi"]), lang)
    return (input_name(assessment.case, row["input"], lang), ends[0], beyond, told, far)


def drivers(assessment: Assessment, *, lang: str) -> Section | None:
    """Which uncertain inputs move the level, and whether any does by more than chance."""
    if assessment.lo is None:
        return None
    moving, n = moving_inputs(assessment), len(assessment.tornado)
    if not n:
        words = text("drivers_fixed", lang)
    elif not moving:
        words = text("drivers_none", lang, n=n)
    else:
        words = text(
            "drivers_lead", lang, moving=len(moving), n=n, chance=f"{max(chance_swing(assessment), 0.01):.2f}"
        )
    return Section("drivers", text("drivers", lang), 1, (Paragraph(words),))


def profiles(assessment: Assessment, *, lang: str) -> Section | None:
    """What the choice of profile does to this case."""
    if assessment.lo is None:
        return None
    notes = {assessment.profile.name: (assessment.profile.note_zh, assessment.profile.note_en)}
    notes |= {str(row["profile"]): (row["note_zh"], row["note_en"]) for row in _shipped_notes()}
    rows = tuple(
        (
            row[lang],
            level_cell(row["level"], row["level_hi"], lang),
            notes[row["profile"]][0 if lang == "zh" else 1],
        )
        for row in records(assessment.profiles)
    )
    heads = ("col_profile", "col_level", "col_note")
    table = Table(text("profiles_notes", lang), tuple(text(head, lang) for head in heads), rows)
    same = len(set(zip(assessment.profiles["level"], assessment.profiles["level_hi"], strict=True))) == 1
    blocks: tuple[Block, ...] = (Paragraph(text("profiles_same" if same else "profiles_differ", lang)), table)
    return Section("profiles", text("profiles", lang), 1, blocks)


def _shipped_notes() -> list[dict[str, Any]]:
    from riskkit.foundation.standards import standards

    return list(records(standards.table("profiles")))
