"""The chain on a register: files, rates, levels, warning, measures, effect, scope, index, next plan."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import confint_proportions_2indep

from riskkit.application.acceptance.scopes import scope_changes
from riskkit.application.catalogue import proposals
from riskkit.application.next_plan import NextPlan, next_plan
from riskkit.application.quality_index.changes import decide as index_verdict
from riskkit.application.quality_index.index import quality_index, stratum_counts
from riskkit.application.supervision.firm_classes import firm_classes
from riskkit.application.supervision.modes import decide as decide_modes
from riskkit.case.many_cases import assess_many
from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records as records_of
from riskkit.monitoring.rates.proportions import wilson
from riskkit.monitoring.rates.shrinkage import fit_beta_binomial, shrunk_rates
from riskkit.response import effect
from riskkit.response.measures import proposed
from riskkit.warning.alerts.choice import choose_documents, default_measures
from riskkit.workbench.reports.monitoring.records import OpenTable, open_records
from riskkit.workbench.reports.response.examples import column_faults, one_day, open_example, open_further

FIRM = ("firm_id", "commodity", "credit_grade", "is_assured", "n_tested", "n_nonconforming")
CATALOGUE = {
    "propose_in": "in",
    "propose_out": "out",
    "stay_in": "stay",
    "stay_out": "stay",
    "unknown": "unknown",
}
"""What a proposal is called among the decisions that the next plan reads."""
_RISKS = {4: "high", 3: "high", 2: "higher", 1: "general"}
"""Risk grade of a product for each warning level (4 is Ⅰ); the choice is this project's own."""


def catalogue_proposals(goods: pd.DataFrame, *, on: dt.date) -> pd.DataFrame:
    """Proposals to move each kind of goods into or out of the catalogue, by the posterior of its rate."""
    tested = goods["n_tested"].fillna(0)
    found = shrunk_rates(goods["n_nonconforming"].fillna(0), tested,
                         prior=fit_beta_binomial(goods["n_nonconforming"].fillna(0), tested))  # fmt: skip
    listed = goods.get("is_listed", np.nan)
    facts = found[["alpha", "beta"]].assign(
        n_tested=tested, severity=goods["severity"], is_listed=listed, n_lots=np.nan
    )
    return proposals.decide(facts, on=on).join(found[["rate_mean"]])


def firm_modes(firms: pd.DataFrame, goods: pd.DataFrame, *, on: dt.date) -> pd.DataFrame:
    """Class and mode of each firm for its kind of goods; the product's risk is its warning level."""
    kinds = [
        NumberColumn(name, low=0, is_whole=True, may_miss=True) for name in ("n_tested", "n_nonconforming")
    ]
    counts = number_columns(firms, kinds, what="firms", texts=FIRM)
    bad, tested = (pd.Series(counts[name], index=firms.index) for name in ("n_nonconforming", "n_tested"))
    above = np.flatnonzero(bad > tested)
    faults = [Fault(f"firms: row {row}: n_nonconforming", shown(bad.iloc[row]), "at most n_tested")
              for row in above]  # fmt: skip
    faults += [Fault(f"firms: row {row}: {name}", shown(None), "a name")
               for name in FIRM[:2] for row in np.flatnonzero(firms[name].isna())]  # fmt: skip
    refuse("firms", faults)
    if firms.empty:
        return pd.DataFrame(
            columns=["firm_id", "commodity", "firm_class", "applied", "is_prior_only", "is_known"]
        )
    found = shrunk_rates(bad, tested, prior=fit_beta_binomial(bad, tested))
    classes = firm_classes(firms.assign(alpha=found["alpha"], beta=found["beta"]), on=on)
    risk = firms["commodity"].map(goods["level"]).map(_RISKS).astype(object)
    facts = pd.DataFrame({"firm_class": classes["decision"], "product_risk": risk.where(risk.notna(), None)})
    modes = decide_modes(facts, on=on)
    out = firms[["firm_id", "commodity"]].assign(firm_class=classes["decision"], applied=modes["applied"])
    return out.assign(is_prior_only=classes["is_prior_only"], is_known=modes["decision"] != "unknown")


def strictest_modes(modes: pd.DataFrame, *, on: dt.date) -> pd.Series:
    """Of each kind of goods the strictest mode that any of its firms has: where the plan must look most."""
    if modes.empty:
        return pd.Series(dtype=object)
    table = standards.table("supervision_modes", on=on).set_index("mode")["strictness"].astype(int)
    strictness = modes["applied"].map(table).groupby(modes["commodity"]).max()
    return strictness.map(pd.Series(table.index, index=table.to_numpy()))


GOODS, FIRMS = "loop_goods", "loop_firms"
ANYWHERE = "*"
"""Stands for origin and port in cells that gather all of them."""
_GOODS = ("commodity", "goods", "severity", "p_harm_if_nonconforming", "exposure", "consequence", "unit_cost",
          "is_accepted")  # fmt: skip
_LISTED = "is_listed"
_COUNTS = ["n_tested", "n_nonconforming"]


@dataclass(frozen=True)
class LoopStudy:
    """What each step found; `goods` is the table that the others are joined to, by commodity."""

    records: OpenTable
    goods_file: OpenTable
    firms_file: OpenTable
    cut: dt.date
    on: dt.date
    budget: float
    seed: str
    goods: pd.DataFrame
    unknown_goods: tuple[str, ...]
    n_without_hazard: float
    measures: pd.DataFrame
    effects: pd.DataFrame
    scope: pd.DataFrame
    catalogue: pd.DataFrame
    firm_modes: pd.DataFrame
    index: pd.DataFrame
    index_verdicts: pd.DataFrame
    decisions: pd.DataFrame
    plan: NextPlan


def study_loop(records: str, *, goods: str, cut: str, budget: float, seed: str, firms: str = "") -> LoopStudy:
    """Run the chain, or say every fault of the inputs at once."""
    faults: list[Fault] = []
    first_day = one_day(cut, what="cut", faults=faults)
    opened, file = (
        open_records(records),
        open_example(goods, sample=GOODS, what="goods", texts=("commodity", "goods")),
    )
    table = file.table.reset_index(drop=True)
    firms_file = open_further(firms, file, sample=FIRMS, columns=FIRM, texts=FIRM[:3], what="firms")
    faults += column_faults(table, what="goods", needed=_GOODS, known=(*_GOODS, _LISTED))
    if firms_file.name:
        faults += column_faults(firms_file.table, what="firms", needed=FIRM, known=FIRM)
    faults += [] if cut else [Fault("cut", "missing", "YYYY-MM-DD")]
    refuse("loop", faults)
    assert first_day is not None
    rows = _cells(opened.table)
    days = pd.to_datetime(rows["date"])
    refuse("loop", _goods_faults(table, rows) + _day_faults(days, first_day))
    known = rows[rows["commodity"].isin(table["commodity"])]
    on = days.max().date()
    found = _levels(table, known)
    measures, effects = _measures(found, on), _effects(found, known, on)
    scope = scope_changes(found.reset_index(), on=on).set_index(found.index)
    catalogue = catalogue_proposals(found, on=on)
    modes = firm_modes(firms_file.table.reset_index(drop=True), found, on=on)
    index, verdicts = _index(found, known, on)
    decisions = _decisions(found, effects=effects, scope=scope, verdicts=verdicts)
    decisions = pd.concat(
        [decisions, _of_supervision(catalogue, strictest_modes(modes, on=on))], ignore_index=True
    )
    is_new = pd.to_datetime(known["date"]) > pd.Timestamp(first_day)
    plan = next_plan(
        _plan_cells(found, known, known[~is_new]), known[is_new], decisions, on=on, budget=budget, seed=seed
    )
    unknown = tuple(sorted(set(rows["commodity"]) - set(table["commodity"])))
    blind = float(known.loc[known["hazard"].isna(), "n_tested"].sum())
    return LoopStudy(
        opened, file, firms_file, first_day, on, budget, seed, found, unknown, blind, measures, effects,
        scope, catalogue, modes, index, verdicts, decisions, plan,
    )  # fmt: skip


def _cells(records: pd.DataFrame) -> pd.DataFrame:
    """Records in the columns of a plan: one commodity a kind of goods, all origins and ports together."""
    kinds = records.get("product_group", records.get("product"))
    hazard = records.get("hazard_class", pd.Series(None, index=records.index, dtype=object))
    return records.assign(commodity=kinds, hazard=hazard, origin=ANYWHERE, port=ANYWHERE).dropna(
        subset=["date"]
    )


def _goods_faults(table: pd.DataFrame, rows: pd.DataFrame) -> list[Fault]:
    limits: dict[str, tuple[float, float]] = {
        "severity": (1, 4), "p_harm_if_nonconforming": (0, 1), "exposure": (0, np.inf),
        "consequence": (0, np.inf), "unit_cost": (1e-9, np.inf), "is_accepted": (0, 1),
    }  # fmt: skip
    limits |= {_LISTED: (0, 1)} if _LISTED in table else {}
    faults = []
    for name, (low, high) in limits.items():
        values = pd.to_numeric(table[name], errors="coerce")
        rule = RuleText("a number from {} to {}", f"{low:g}", f"{high:g}")
        faults += [Fault(f"goods: row {row}: {name}", shown(table[name][row]), rule)
                   for row in np.flatnonzero(~values.between(low, high))]  # fmt: skip
    twice = table["commodity"].duplicated() | table["commodity"].isna()
    faults += [Fault(f"goods: row {row}: commodity", shown(table["commodity"][row]), "a name, once")
               for row in np.flatnonzero(twice)]  # fmt: skip
    if not set(table["commodity"]) & set(rows["commodity"]):
        faults.append(
            Fault(
                "goods: commodity", "none in the records", one_of("", sorted(set(rows["commodity"].dropna())))
            )
        )
    return faults


def _day_faults(days: pd.Series, cut: dt.date) -> list[Fault]:
    if len(days) and days.min() <= pd.Timestamp(cut) < days.max():
        return []
    span = f"{days.min():%Y-%m-%d} to {days.max():%Y-%m-%d}" if len(days) else "no records"
    return [Fault("cut", str(cut), RuleText("a day with records before and after it ({})", span))]


def _levels(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Rate and warning level of each kind of goods."""
    sums = rows.dropna(subset=_COUNTS).groupby("commodity")[_COUNTS].sum()
    out = table.set_index("commodity").join(sums)
    is_tested = (out["n_tested"] > 0).to_numpy()
    limits = wilson(out["n_nonconforming"].where(is_tested, 0), out["n_tested"].where(is_tested, 1))
    out["rate"] = out["n_nonconforming"] / out["n_tested"].where(is_tested)
    out["rate_lo"], out["rate_hi"] = (np.where(is_tested, end, np.nan) for end in (limits.lo, limits.hi))
    out["p_harm"] = out["rate"] * out["p_harm_if_nonconforming"]
    levels = assess_many(out[["p_harm"]].assign(injury_severity=out["severity"]))
    codes = list(scale("warning").codes)
    out[["level_lo", "level_hi", "risk"]] = levels[["level_lo", "level_hi", "risk"]]
    # Ⅳ is 1 and Ⅰ is 4, as the rules of measures count
    out["level"] = out["level_lo"].map({code: rank for rank, code in enumerate(codes, start=1)})
    return out


def _measures(found: pd.DataFrame, on: dt.date) -> pd.DataFrame:
    """Documents of the warning and measures that are called for, by commodity."""
    facts = found[["level"]].assign(is_import=1, is_nonconforming=(found["n_nonconforming"] > 0).astype(int))
    table = proposed(facts, on=on)["decision"].unstack()
    rows = []
    for commodity, row in zip(found.index.astype(str), records_of(found), strict=True):
        called = (
            default_measures(int(row["level"]), direction="import", goods=row["goods"])
            if row["level"] > 0
            else ()
        )
        decisions = table.loc[commodity]
        rows.append({
            "commodity": commodity,
            "documents": " ".join(one.document for one in choose_documents(called)),
            "take": " ".join(decisions.index[decisions == "take"]),
            "n_undecided": int(decisions.isin(["undecided", "prerequisite_missing"]).sum()),
        })  # fmt: skip
    return pd.DataFrame(rows).set_index("commodity")


def _effects(found: pd.DataFrame, rows: pd.DataFrame, on: dt.date) -> pd.DataFrame:
    """Goods tested in two years or more: the last against the first, and what that means for the level."""
    years = rows.assign(year=pd.to_datetime(rows["date"]).dt.year)
    sums = years.dropna(subset=_COUNTS).groupby(["commodity", "year"])[_COUNTS].sum().reset_index()
    facts: list[dict[str, Any]] = []
    for commodity, group in sums[sums["n_tested"] > 0].groupby("commodity"):
        first, last = group.iloc[0], group.iloc[-1]
        if len(group) < 2 or not (first["n_nonconforming"] and last["n_nonconforming"]):
            continue
        counts = [last["n_nonconforming"], last["n_tested"], first["n_nonconforming"], first["n_tested"]]
        low, high = confint_proportions_2indep(*counts, compare="ratio", method="log")
        ratio = (counts[0] / counts[1]) / (counts[2] / counts[3])
        years_of = {"year_first": int(first["year"]), "year_last": int(last["year"])}
        about = {"design": "before_after", "level": found.at[commodity, "level"], "n_before": 1, "n_after": 1}
        bounds = {"ratio": ratio, "ratio_lo": low, "ratio_hi": high}
        facts.append({"commodity": commodity} | years_of | about | bounds)
    if not facts:
        return pd.DataFrame(columns=["commodity", "decision"])
    table = pd.DataFrame(facts)
    return table.join(effect.decide(table.drop(columns=["commodity", "year_first", "year_last"]), on=on))


def _index(found: pd.DataFrame, rows: pd.DataFrame, on: dt.date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The index of every year over all goods, and each year against the one before."""
    years = rows.assign(year=pd.to_datetime(rows["date"]).dt.year, stratum_id=rows["commodity"])
    standard = pd.DataFrame({"stratum_id": found.index, "exposure": found["exposure"].to_numpy(),
                             "severity": found["severity"].to_numpy() / 4})  # fmt: skip
    index = quality_index(stratum_counts(years, standard, by=["year"]))
    columns = ["index", "index_lo", "index_hi", "share_known"]
    past = index[columns].iloc[:-1].reset_index(drop=True)
    past.columns = pd.Index(["before", "before_lo", "before_hi", "before_share_known"])
    now = index[columns].iloc[1:].reset_index(drop=True)
    return index, index_verdict(now.join(past), on=on).assign(year=index["year"].iloc[1:].to_numpy())


def _decisions(
    found: pd.DataFrame, *, effects: pd.DataFrame, scope: pd.DataFrame, verdicts: pd.DataFrame
) -> pd.DataFrame:
    """Everything that was decided, as the next plan reads it."""
    rows = [(name, "warning", f"level_{int(level)}") for name, level in found["level"].dropna().items()]
    rows += [(row["commodity"], "effect", row["decision"]) for _, row in effects.iterrows()]
    rows += [(name, "acceptance", word) for name, word in scope["decision"].items()]
    if len(verdicts):
        rows += [(name, "index", verdicts["decision"].iloc[-1]) for name in found.index]
    return pd.DataFrame(rows, columns=["commodity", "kind", "decision"])


def _of_supervision(catalogue: pd.DataFrame, strictest: pd.Series) -> pd.DataFrame:
    """Decisions on the catalogue and on modes, as the next plan reads them."""
    rows = [(name, "catalogue", CATALOGUE[word]) for name, word in catalogue["decision"].items()]
    rows += [(name, "supervision", word) for name, word in strictest.items()]
    return pd.DataFrame(rows, columns=["commodity", "kind", "decision"])


def _plan_cells(found: pd.DataFrame, rows: pd.DataFrame, past: pd.DataFrame) -> pd.DataFrame:
    """A cell for each kind of goods and recorded class of hazard, with what was known before."""
    keys = ["commodity", "hazard"]
    cells = rows[keys].dropna().drop_duplicates().sort_values(keys, ignore_index=True)
    sums = past.dropna(subset=_COUNTS).groupby(keys)[_COUNTS].sum().reset_index()
    cells = cells.merge(sums, on=keys, how="left").assign(
        origin=ANYWHERE, port=ANYWHERE, hazard_class=lambda t: t["hazard"]
    )
    return cells.join(found[["goods", "exposure", "consequence", "unit_cost"]], on="commodity")
