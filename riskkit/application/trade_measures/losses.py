"""Direct loss and additional cost of technical trade measures, from a survey of exporters with weights."""

from __future__ import annotations

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import Floats, NumberColumn, number_columns
from riskkit.monitoring.survey.design import Design, survey_design
from riskkit.monitoring.survey.estimates import survey_ratios, survey_totals

ANSWER_TEXTS = ("firm_id", "sector", "stratum")
ANSWERS = (
    NumberColumn("weight", low=0, is_above=True),
    NumberColumn("export_value", low=0),
    NumberColumn("is_affected", low=0, high=1, is_whole=True),
    NumberColumn("direct_loss", low=0),
    NumberColumn("additional_cost", low=0),
)


def survey_impacts(answers: pd.DataFrame, *, by: str = "sector", lonely: str = "refuse") -> pd.DataFrame:
    """What exporters lost and paid, expanded to all exporters, by sector and in all.

    Parameters
    ----------
    answers : DataFrame
        One row a firm: firm_id, stratum, sector, weight (firms that it stands for), export_value,
        direct_loss, additional_cost [USD in the year], is_affected (1, 0); population (firms in the stratum)
        where the sample is a large part of them, else drawn with replacement.
    by : str
        Column of the domains.
    lonely : str
        Rule for strata of one firm (`survey.design.survey_design`).

    Returns
    -------
    DataFrame
        By domain, and ``all`` last: n_firms (answers), share_affected, loss, cost [USD], loss_rate, cost_rate
        [USD per USD of exports], loss_share (of the loss of all), each with ``_se``, ``_lo`` and ``_hi``
        (95 %) save loss_share; a rate is missing where nothing was exported.

    Raises
    ------
    InputFaults
        With every wrong cell, repeated firm, loss of a firm that says it is not affected, and loss above
        ten times the exports (a unit mistaken, as a rule).

    References
    ----------
    .. [1] Lumley (2004), J. Stat. Software 9(8) (``lumley_2004``); the national surveys of 2005, 2007 and
       2013 (``trade_surveys.csv``) for what is asked.

    Examples
    --------
    >>> rows = pd.DataFrame({"firm_id": list("abcd"), "stratum": list("SSLL"), "sector": ["toys"] * 4,
    ...     "weight": [10, 10, 2, 2], "export_value": [100.0, 100, 900, 1100], "is_affected": [1, 0, 1, 1],
    ...     "direct_loss": [10.0, 0, 40, 60], "additional_cost": [5.0, 0, 10, 10]})
    >>> survey_impacts(rows).loc["all", ["share_affected", "loss", "loss_rate"]].round(3).tolist()
    [0.583, 300.0, 0.05]
    """
    known = _answers(answers, by)
    population = "population" if "population" in answers else None
    design = survey_design(answers, weight="weight", stratum="stratum", population=population, lonely=lonely)
    parts = [_estimates(design, known, domain) for domain in (answers[by].reset_index(drop=True), None)]
    out = pd.concat(parts)
    total = float(out["loss"].to_numpy()[-1])
    out["loss_share"] = out["loss"] / total if total > 0 else np.nan
    return out


def _answers(answers: pd.DataFrame, by: str) -> dict[str, Floats]:
    known = number_columns(answers, ANSWERS, what="answers", texts=[*ANSWER_TEXTS, by])
    tests = [(name, answers[name].isna().to_numpy(), "a name") for name in dict.fromkeys([*ANSWER_TEXTS, by])]
    tests += [
        ("firm_id", answers["firm_id"].duplicated().to_numpy(), "one answer a firm"),
        (by, (answers[by] == "all").to_numpy(), "another name than all"),
        ("direct_loss", (known["is_affected"] == 0) & (known["direct_loss"] > 0),
         "0 for a firm not affected"),
        ("direct_loss", known["direct_loss"] > 10 * np.maximum(known["export_value"], 1e-9),
         "at most ten times export_value"),
    ]  # fmt: skip
    refuse("answers", [Fault(f"answers: row {at}: {name}", shown(answers[name].iloc[at]), rule)
                       for name, wrong, rule in tests for at in np.flatnonzero(wrong)])  # fmt: skip
    return known


def _estimates(design: Design, known: dict[str, Floats], domain: pd.Series | None) -> pd.DataFrame:
    wanted = {
        "share_affected": survey_ratios(design, known["is_affected"], domain=domain),
        "loss": survey_totals(design, values=known["direct_loss"], domain=domain),
        "cost": survey_totals(design, values=known["additional_cost"], domain=domain),
        "loss_rate": survey_ratios(design, known["direct_loss"], known["export_value"], domain=domain),
        "cost_rate": survey_ratios(design, known["additional_cost"], known["export_value"], domain=domain),
    }
    out = pd.DataFrame({"n_firms": wanted["loss"]["n_records"].astype(int)})
    for name, table in wanted.items():
        out[name] = table["estimate"]
        out[f"{name}_se"] = table["se"]
        out[f"{name}_lo"] = table["lo"].clip(lower=0.0)
        out[f"{name}_hi"] = table["hi"].clip(upper=1.0) if name == "share_affected" else table["hi"]
    return out


def loss_rates(impacts: pd.DataFrame, *, least: int = 5) -> pd.DataFrame:
    """Rates of loss and cost by sector, for the exposure of single notifications.

    Parameters
    ----------
    impacts : DataFrame
        From `survey_impacts` by sector.
    least : int
        Firms a sector needs; with fewer it has no rate.

    Returns
    -------
    DataFrame
        By sector: loss_rate, cost_rate and their ends.

    Examples
    --------
    >>> rows = pd.DataFrame({"n_firms": [4, 40], "loss_rate": 0.1, "loss_rate_lo": 0.0, "loss_rate_hi": 0.2,
    ...     "cost_rate": 0.1, "cost_rate_lo": 0.0, "cost_rate_hi": 0.2}, index=["toys", "all"])
    >>> loss_rates(rows)["loss_rate_hi"].isna().tolist()
    [True]
    """
    names = [f"{name}_rate{end}" for name in ("loss", "cost") for end in ("", "_lo", "_hi")]
    sectors = impacts.drop(index="all", errors="ignore")
    return sectors[names].mask(sectors["n_firms"] < least)
