"""What records of a product suggest as the probability of a step: to be judged, with the rows behind it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

COLUMNS = (
    *("record_id", "source", "source_class", "date", "product", "n_units", "n_tested", "n_nonconforming"),
    *("n_injured", "n_dead", "weight"),
)
_SHOWN = 5


def step_priors(rows: pd.DataFrame, *, units: float | None = None) -> pd.DataFrame:
    """Events and trials that records suggest for a step, by source.

    Parameters
    ----------
    rows : DataFrame
        Records of the product or its kind, with `COLUMNS`.
    units : float, optional
        Units in use in the place and time of the records [count]; without it counts of injuries and
        complaints have no trials.

    Returns
    -------
    DataFrame
        kind (``nonconforming``: failed ÷ tested; ``harm_in_notices``: harmed ÷ units of the same notices;
        ``injuries``: estimated by the weights of a sample ÷ units; ``complaints``: reports ÷ units), source,
        events, trials (NaN where not known), n_records, first, last (days), record_ids (the first few).

    Raises
    ------
    ValueError
        When `units` is not above 0.

    Examples
    --------
    >>> row = dict.fromkeys(COLUMNS) | {"source": "lab", "n_tested": 40, "n_nonconforming": 3}
    >>> step_priors(pd.DataFrame([row]))[["kind", "events", "trials"]].values.tolist()
    [['nonconforming', 3.0, 40.0]]
    """
    if units is not None and not units > 0:
        raise ValueError("units in use are above 0")
    given = rows.copy()
    for name in ("n_units", "n_tested", "n_nonconforming", "n_injured", "n_dead", "weight"):
        given[name] = pd.to_numeric(given[name], errors="coerce").astype("float64")
    found = [one for _, group in given.groupby("source", sort=True) for one in _of_source(group, units)]
    columns = ["kind", "source", "events", "trials", "n_records", "first", "last", "record_ids"]
    return pd.DataFrame(found, columns=columns)


def _of_source(rows: pd.DataFrame, units: float | None) -> Iterator[dict[str, object]]:
    trials = math.nan if units is None else units
    tested = rows[(rows["n_tested"] > 0) & rows["n_nonconforming"].notna()]
    yield from _row(
        "nonconforming", tested, tested["n_nonconforming"], trials=float(tested["n_tested"].sum())
    )
    harmed = rows["n_injured"].fillna(0) + rows["n_dead"].fillna(0)
    is_counted = rows[["n_injured", "n_dead"]].notna().any(axis=1)
    is_sample = rows["weight"].notna()
    noticed = rows[is_counted & (rows["n_units"] > 0) & ~is_sample]
    yield from _row("harm_in_notices", noticed, harmed[noticed.index], trials=float(noticed["n_units"].sum()))
    sampled = rows[is_counted & is_sample]
    yield from _row("injuries", sampled, (harmed * rows["weight"])[sampled.index], trials=trials)
    complaints = rows[rows["source_class"] == "complaint"]
    yield from _row("complaints", complaints, pd.Series(1.0, index=complaints.index), trials=trials)


def _row(kind: str, rows: pd.DataFrame, events: pd.Series, *, trials: float) -> Iterator[dict[str, object]]:
    if rows.empty:
        return
    days = rows["date"].dropna()
    yield {
        "kind": kind,
        "source": str(rows["source"].iloc[0]),
        "events": float(round(events.sum())),
        "trials": trials,
        "n_records": len(rows),
        "first": None if days.empty else str(days.min())[:10],
        "last": None if days.empty else str(days.max())[:10],
        "record_ids": tuple(str(one) for one in rows["record_id"].head(_SHOWN)),
    }


def as_step(events: float, trials: float) -> str | None:
    """The suggestion as a case file writes it; None where it is no probability.

    Examples
    --------
    >>> as_step(3, 40), as_step(3, float("nan")), as_step(5, 4)
    ('p = { events = 3, trials = 40 }', None, None)
    """
    if not 0 <= events <= trials or trials < 1:
        return None
    return f"p = {{ events = {events:.0f}, trials = {trials:.0f} }}"
