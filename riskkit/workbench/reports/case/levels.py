"""How firm the level is: shares of draws, what would change it, what it hangs on, other profiles."""

from __future__ import annotations

import math
from typing import Any

from riskkit.case.case import Assessment
from riskkit.case.sentences import input_kind, input_name
from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import percent, say_number
from riskkit.workbench.document.block_kinds import Block, Cell, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.reports.case.basis import level_or_range
from riskkit.workbench.reports.case.words import level_cell, risk_badge

MOST_INPUTS = 10


def standard_error(share: float, draws: int) -> float:
    """Standard error of a share of draws."""
    return math.sqrt(share * (1 - share) / draws)


def moving_inputs(assessment: Assessment) -> list[dict[str, Any]]:
    """The rows of the tornado whose swing is more than chance and at least 0.01 levels, widest first."""
    least = max(chance_swing(assessment), 0.01)
    return [row for row in records(assessment.tornado) if row["swing"] >= least][:MOST_INPUTS]


def chance_swing(assessment: Assessment) -> float:
    """The largest swing of an input that chance alone may bring about [levels]."""
    spread = sum(math.sqrt(max(0.0, square - mean**2)) for mean, square in _moments(assessment)) / 2
    return 2 * spread * math.sqrt(2 / max(1.0, 0.1 * assessment.draws))


def _moments(assessment: Assessment) -> list[tuple[float, float]]:
    """Mean and mean square of the proven and of the possible rank, from the shares at least at each rank."""
    proven = [float(share) for share in assessment.shares["at_least"]]
    above = [*proven[1:], 0.0]  # a draw may be of a level if it reaches it and is not proven to be above
    possible = [float(p) + q for p, q in zip(assessment.shares["possible"], above, strict=True)]
    return [
        (sum(shares), sum((2 * rank - 1) * share for rank, share in enumerate(shares, start=1)))
        for shares in (proven, possible)
    ]


def mean_rank(assessment: Assessment) -> float:
    """Mean level over draws, 1 Ⅳ … 4 Ⅰ, the middle where missing facts leave a range."""
    return sum(mean for mean, _ in _moments(assessment)) / 2


def levels(assessment: Assessment) -> Section | None:
    """Share of draws by warning level and by risk level, and how exact these shares are."""
    if assessment.lo is None:
        return None
    shares = [*assessment.shares["certain"], *assessment.shares["possible"]]
    worst = max(standard_error(float(share), assessment.draws) for share in shares)
    key = "levels_exact" if worst else "levels_settled"
    precise = text(key, draws=f"{assessment.draws:,}", error=f"{100 * worst:.2f}")
    rows = tuple(
        (risk_badge(code), percent(float(assessment.risk_shares[code])))
        for code in reversed(scale("risk").codes)
    )
    heads = (text("col_risk"), text("col_share"))
    table = Table(text("risk_shares_table"), heads, rows, numeric=(1,))
    blocks = (Paragraph(text("levels_lead")), Paragraph(precise, "note"), table)
    return Section("levels", text("levels"), 1, blocks)


def changes(assessment: Assessment) -> Section | None:
    """The smallest change of each single input that changes the level, nearest first."""
    if assessment.lo is None:
        return None
    title = text("changes")
    if assessment.flips.empty:
        return Section("changes", title, 1, (Paragraph(text("changes_none")),))
    rows = tuple(_change(assessment, row) for row in records(assessment.flips))
    heads = ("col_input", "col_now", "col_then", "col_level_then", "col_far")
    table = Table(text("changes_table"), tuple(text(h) for h in heads), rows, numeric=(1, 2))
    return Section("changes", title, 1, (Paragraph(text("changes_lead")), table))


def _change(assessment: Assessment, row: dict[str, Any]) -> tuple[Cell, ...]:
    kind = input_kind(row["input"])
    now, then = row["from_value"], row["to_value"]
    ends = [say_number(value, kind) for value in (now, then)]
    far = "—"
    if kind not in ("flag", "ordinal") and now > 0 and then > 0:
        far = f"× {then / now:,.3g}" if then > now else f"÷ {now / then:,.3g}"
    beyond = text("just_above", value=ends[1]) if kind in ("probability", "ratio") and then > now else ends[1]
    told = level_or_range(int(row["lo"]), int(row["hi"]))
    return (input_name(assessment.case, row["input"]), ends[0], beyond, told, far)


def drivers(assessment: Assessment) -> Section | None:
    """Which uncertain inputs move the level, and whether any does by more than chance."""
    if assessment.lo is None:
        return None
    moving, n = moving_inputs(assessment), len(assessment.tornado)
    if not n:
        words = text("drivers_fixed")
    elif not moving:
        words = text("drivers_none", n=n)
    else:
        words = text(
            "drivers_lead", moving=len(moving), n=n, chance=f"{max(chance_swing(assessment), 0.01):.2f}"
        )
    return Section("drivers", text("drivers"), 1, (Paragraph(words),))


def profiles(assessment: Assessment) -> Section | None:
    """What the choice of profile does to this case."""
    if assessment.lo is None:
        return None
    notes = {assessment.profile.name: (assessment.profile.note_zh, assessment.profile.note_en)}
    notes |= {str(row["profile"]): (row["note_zh"], row["note_en"]) for row in standards.rows("profiles")}
    rows = tuple(
        (
            row[language()],
            level_cell(row["level"], row["level_hi"]),
            notes[row["profile"]][0 if language() == "zh" else 1],
        )
        for row in records(assessment.profiles)
    )
    heads = ("col_profile", "col_level", "col_note")
    table = Table(text("profiles_notes"), tuple(text(head) for head in heads), rows)
    same = len(set(zip(assessment.profiles["level"], assessment.profiles["level_hi"], strict=True))) == 1
    blocks: tuple[Block, ...] = (Paragraph(text("profiles_same" if same else "profiles_differ")), table)
    return Section("profiles", text("profiles"), 1, blocks)
