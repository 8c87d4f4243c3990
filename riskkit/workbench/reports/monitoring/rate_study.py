"""Everything that is said of the rates of a set of records, worked out once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.monitoring.rates.disclosure import ALL, hide_small_cells
from riskkit.monitoring.rates.rates import nonconformity_rates
from riskkit.monitoring.rates.shrinkage import BetaPrior, fit_beta_binomial, rank_probabilities, shrunk_rates
from riskkit.monitoring.rates.trends import nonconformity_trends
from riskkit.workbench.reports.monitoring.records import OpenTable
from riskkit.workbench.reports.monitoring.words import group_name

TOP = 3


@dataclass(frozen=True)
class RateStudy:
    """Rates of groups with all that is said of them."""

    opened: OpenTable
    by: tuple[str, ...]
    across: str
    every: str
    method: str
    level: float
    whole: pd.Series
    groups: pd.DataFrame
    prior: BetaPrior
    trends: pd.DataFrame
    hidden: pd.DataFrame
    draws: int

    def name(self, key: Sequence[object]) -> str:
        """A group in words."""
        return group_name(key, self.by)


def study_rates(
    opened: OpenTable,
    *,
    by: str,
    across: str,
    every: str,
    rng: np.random.Generator,
    method: str = "wilson",
    draws: int = 10_000,
) -> RateStudy:
    """Everything the notebook of rates shows."""
    keys = tuple(part.strip() for part in by.split(",") if part.strip())
    table, level = opened.table, 0.95
    missing = [name for name in (*keys, across) if name not in table]
    refuse(
        "rates", [Fault("by", shown(name), one_of(str(name), map(str, table.columns))) for name in missing]
    )
    found = nonconformity_rates(table, by=list(keys), method=method, level=level)
    whole = nonconformity_rates(table, by=[], method=method, level=level).iloc[0]
    x, n = (
        found[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("n_nonconforming", "n_tested")
    )
    prior = fit_beta_binomial(x, n)
    shrunk = shrunk_rates(x, n, prior=prior, level=level)
    ranks = rank_probabilities(shrunk["alpha"], shrunk["beta"], rng=rng, top=TOP, draws=draws)
    names = {"rate_mean": "shrunk", "rate_lo": "shrunk_lo", "rate_hi": "shrunk_hi", "p_exceeds": "p_exceeds"}
    more = pd.concat([shrunk[list(names)].set_axis(list(names.values()), axis=1), ranks], axis=1)
    groups = pd.concat([found, more], axis=1).sort_values("rate", ascending=False, kind="stable")
    has_dates = "date" in table and table["date"].notna().any()
    trends = nonconformity_trends(table, by=list(keys), every=every) if has_dates else pd.DataFrame()
    hidden = _published(table, first=keys[0] if keys else across, second=across)
    return RateStudy(
        opened,
        keys,
        across,
        every,
        method,
        level,
        whole,
        groups.reset_index(drop=True),
        prior,
        trends,
        hidden,
        draws,
    )


def _published(table: pd.DataFrame, *, first: str, second: str) -> pd.DataFrame:
    keys = list(dict.fromkeys((first, second)))
    known = table.dropna(subset=["n_tested", "n_nonconforming"])
    rows = known.assign(**{key: known[key].astype("string").fillna("?").replace(ALL, "∗") for key in keys})
    sums = rows.groupby(keys)[["n_tested", "n_nonconforming"]].sum().reset_index()
    return hide_small_cells(sums, by=keys)
