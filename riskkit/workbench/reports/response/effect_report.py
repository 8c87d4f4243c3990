"""Whether a measure worked, as sections in one language."""

from __future__ import annotations

from typing import Any

from riskkit.foundation.language import in_each_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.words.numbers import number, rate
from riskkit.workbench.document.block_kinds import Block, Items, Paragraph, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.text_tables import limits_section
from riskkit.workbench.reports.response.effect_study import MOST_PERIODS, EffectStudy
from riskkit.workbench.reports.response.examples import house_rows, say
from riskkit.workbench.runs.result import ResultRecord, found_record


def effect_summary(study: EffectStudy) -> Section:
    """The verdict, the estimate with its interval, and what was read."""
    verdict, found = records(study.verdicts)[0], records(study.estimates)[0]
    lead = say("effect_lead", decision=say(f"decision_{verdict['decision']}"), why=verdict[language()])
    told = say("effect_read", n=len(study.series), began=study.began.isoformat(),
               before=number(float(found["n_before"])), after=number(float(found["n_after"])),
               ratio=_ratio(found), level=_level(study.level))  # fmt: skip
    blocks: list[Block] = [Paragraph(lead, "lead"), Paragraph(told)]
    if study.verdicts["decision"].nunique() > 1:
        blocks.append(Paragraph(say("models_differ"), "caution"))
    if study.note:
        blocks.append(Paragraph(say("effect_no_fit"), "caution"))
    blocks += [Paragraph(say("effect_sample"), "caution")] if study.opened.is_sample else []
    return Section("effect-summary", say("effect_title"), 1, tuple(blocks))


def effect_estimates(study: EffectStudy) -> Section:
    """The ratio under each model, with the verdict that each would give."""
    rows = []
    for (model, found), verdict in zip(study.estimates.iterrows(), records(study.verdicts), strict=True):
        decision = say(f"decision_{verdict['decision']}")
        rows.append((say(f"model_{model}"), _ratio(found), decision, str(verdict["rule_id"])))
    heads = tuple(say(key) for key in ("col_model", "col_ratio", "col_verdict", "col_rule"))
    table = Table(say("estimates_table"), heads, tuple(rows), numeric=(1,))
    is_same = study.verdicts["decision"].nunique() == 1
    same = Paragraph(say("models_agree" if is_same else "models_differ"), "body" if is_same else "caution")
    return Section("effect-estimates", say("estimates_title"), 1, (same, table))


def effect_verdict(study: EffectStudy) -> Section:
    """Why the verdict is what it is, and what would change it."""
    verdict, found = records(study.verdicts)[0], records(study.estimates)[0]
    rules = standards.table("effect_rules").set_index("rule_id")["number"]
    bounds = {"lo": _times(found["ratio_lo"]), "hi": _times(found["ratio_hi"])}
    changes = [
        say("change_lower", limit=f"{rules['EF-12']:g}", **bounds),
        say("change_raise", limit=f"{rules['EF-08']:g}", **bounds),
        say("change_periods", before=f"{rules['EF-02']:g}", after=f"{rules['EF-03']:g}",
            n_before=number(float(found["n_before"])), n_after=number(float(found["n_after"]))),
    ]  # fmt: skip
    limit = f"{study.limit:.3g}" if study.limit else say("unknown")
    changes.append(say("change_lift", rate_hi=f"{study.rate_hi:.3g}", limit=limit))
    reason = say("verdict_rule", rule=verdict["rule_id"], margin=_margin(float(verdict["margin"])))
    blocks = (Paragraph(verdict[language()]), Paragraph(reason, "source"), Paragraph(say("would_change")),
              Items(tuple(changes)))  # fmt: skip
    return Section("effect-verdict", say("verdict_title"), 1, blocks)


def effect_power(study: EffectStudy) -> Section:
    """How surely an effect of the wanted size would have been seen, and how long that takes."""
    needed = say("never", most=MOST_PERIODS) if study.n_needed is None else number(float(study.n_needed))
    shown = {"wanted": f"{study.wanted:g}", "power": rate(study.power), "needed": needed}
    spread = {"dispersion": _times(study.dispersion), "phi": f"{study.phi:.2f}"}
    blocks: list[Block] = [
        Paragraph(say("power_lead", **shown)),
        Paragraph(say("power_of", **spread), "note"),
    ]
    return Section("effect-power", say("power_title"), 1, tuple(blocks))


def effect_limits() -> Section:
    """How to read this, and how far it goes."""
    return limits_section(say, "other", "mean", "correlated", "proposal", title="limits_title")


def effect_house_numbers() -> Section:
    """Rules of this project that turn an effect into a verdict."""
    table = standards.table("effect_rules")
    words = in_each_language(table["decision"].map, _decision)
    named = table.assign(**{one: table["rule_id"] + " · " + said for one, said in words.items()})
    return house_rows([named], value=("number",))


def publish_effect(study: EffectStudy) -> ResultRecord:
    """Put what was found into the notebook, where the runner reads it back."""
    began = study.began.isoformat()
    inputs = {"case_sha256": study.opened.sha256, "began": began,
              "level": study.level, "wanted": study.wanted, "limit": study.limit or None}  # fmt: skip
    found: dict[str, Any] = {"note": study.note}
    for name in ("estimates", "verdicts"):
        found[name] = getattr(study, name).rename_axis("model").reset_index()
    found |= {name: getattr(study, name) for name in ("dispersion", "phi", "power", "n_needed", "rate_hi")}
    found["series"] = study.series.assign(period=study.series["period"].dt.strftime("%Y-%m-%d"))
    title = in_each_language(say, "effect_case", began=began)
    return found_record("effect", study.opened.name, title, inputs=inputs, **found)


def _decision(code: str) -> str:
    return say(f"decision_{code}")


def _ratio(found: Any) -> str:
    ends = {"lo": _times(found["ratio_lo"]), "hi": _times(found["ratio_hi"])}
    return say("ratio_with_ends", ratio=_times(found["ratio"]), **ends)


def _times(value: float) -> str:
    return "—" if value != value else f"{value:.2f}"  # noqa: PLR0124 - NaN differs from itself


def _margin(value: float) -> str:
    return "—" if value != value else f"{value:.3g}"  # noqa: PLR0124 - NaN differs from itself


def _level(code: str) -> str:
    return f"{scale('warning').symbol(code)} {code} {scale('warning').word(code)}"
