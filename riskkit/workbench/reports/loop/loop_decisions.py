"""Decisions of the chain on the inspection catalogue and on modes of supervision, by kind of goods."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.application.catalogue import proposals
from riskkit.application.supervision.firm_classes import firm_classes
from riskkit.application.supervision.modes import decide as decide_modes
from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.monitoring.rates.shrinkage import fit_beta_binomial, shrunk_rates

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
