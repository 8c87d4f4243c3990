"""The weekly question over all series at once: which newest count is beyond chance."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.monitoring.surveillance.bayes_counts import BayesSettings, bayes_bounds
from riskkit.monitoring.surveillance.farrington import FarringtonSettings, farrington
from riskkit.monitoring.surveillance.settings import settings_of, surveillance_rules

METHOD, FALLBACK = "noufaily_2013", "bayes_recent"
_SILENT = ("no_reference", "no_cases_before", "not_converged")


def decide(
    facts: pd.DataFrame,
    *,
    on: dt.date,
    rules: pd.DataFrame | None = None,
    exposure: pd.DataFrame | pd.Series | None = None,
) -> pd.DataFrame:
    """Whether the newest complete week of each series is an alarm.

    Farrington Flexible answers where five years of history allow it; where they do not, or where they hold
    no case at all, the six weeks just before do (Bayes, at the same level), so that a hazard that is new is
    not passed over.

    Parameters
    ----------
    facts : DataFrame
        One row a series under a name of its own, one column a week (its first day), counts by the day of
        the report.
    on : date
        The day of the question: only weeks that have ended by then are used.
    rules : DataFrame, optional
        Settings of one's own, in the form of ``surveillance_settings.csv``.
    exposure : DataFrame or Series, optional
        As for `farrington.farrington`, one row a week, one column a series: a week of which only a share of
        the reports has come is judged by that share, whichever method answers.

    Returns
    -------
    DataFrame
        By the index of `facts`: decision (``alarm``, ``no_alarm``, missing), rule_id, reason, margin (cases
        more that would raise the alarm; 0 or less in an alarm), status, source_id, period, observed,
        expected, bound, p_value, q_value (Benjamini–Hochberg over all series with a p-value).

    Raises
    ------
    InputFaults
        With every fault of the weeks or settings, or when no week has ended.

    References
    ----------
    .. [1] Noufaily et al. (2013), Statistics in Medicine 32:1206 (``noufaily_2013``).
    .. [2] Benjamini & Hochberg (1995), JRSS B 57:289 (``benjamini_hochberg_1995``).

    Examples
    --------
    >>> weeks = pd.date_range("2025-09-01", periods=12, freq="7D")
    >>> facts = pd.DataFrame([[0] * 11 + [7], [2, 1] * 6], index=["new", "old"], columns=weeks)
    >>> decide(facts, on=dt.date(2025, 11, 23))[["decision", "rule_id", "margin"]].values.tolist()
    [['alarm', 'bayes_recent', -4.0], ['no_alarm', 'bayes_recent', 6.0]]
    """
    weeks = pd.to_datetime(pd.Index(facts.columns), errors="coerce")
    wrong = [
        Fault("facts: column", shown(name), "the first day of a week") for name in facts.columns[weeks.isna()]
    ]
    refuse("facts", wrong)
    is_over = np.asarray(weeks + pd.Timedelta(days=6) <= pd.Timestamp(on))
    refuse("facts", [] if is_over.any() else [Fault("facts", f"no week that ended by {on}", "one or more")])
    counts = facts.loc[:, is_over].T.set_axis(weeks[is_over])
    chosen = farrington_settings(METHOD, on=on, rules=rules)
    main = farrington(counts, settings=chosen, exposure=exposure, frequency=52)
    again = bayes_bounds(counts, settings=_bayes(on, rules), exposure=exposure, frequency=52)
    is_again = main["reason"].isin(_SILENT).to_numpy()
    found = pd.concat([main[~is_again], again[is_again]]).sort_index()
    rule = np.where(is_again, FALLBACK, METHOD)
    found["margin"] = found["bound"] - found["observed"] + 1
    known = found["p_value"].notna()
    q = pd.Series(np.nan, index=found.index)
    q[known] = false_discovery_control(found.loc[known, "p_value"].to_numpy(dtype=float))
    origin = surveillance_rules(on=on, rules=rules).drop_duplicates("method").set_index("method")
    words = found["is_alarm"].map({True: "alarm", False: "no_alarm"}, na_action="ignore")
    return found.assign(
        decision=words.astype("str"),
        rule_id=rule,
        status=origin["status"].reindex(rule).to_numpy(),
        source_id=origin["source_id"].reindex(rule).to_numpy(),
        q_value=q,
    )[_COLUMNS].set_axis(facts.index, axis=0)  # fmt: skip


_COLUMNS = [
    "decision", "rule_id", "reason", "margin", "status", "source_id",
    "period", "observed", "expected", "bound", "p_value", "q_value",
]  # fmt: skip


def farrington_settings(method: str, *, on: dt.date, rules: pd.DataFrame | None = None) -> FarringtonSettings:
    """The settings of the original or the flexible form, from their table.

    Examples
    --------
    >>> farrington_settings("noufaily_2013", on=dt.date(2026, 1, 1)).weights_threshold
    2.58
    """
    values: dict[str, Any] = settings_of(method, on=on, rules=rules)
    return FarringtonSettings(**values)


def _bayes(on: dt.date, rules: pd.DataFrame | None) -> BayesSettings:
    values: dict[str, Any] = settings_of(FALLBACK, on=on, rules=rules)
    return BayesSettings(**values)
