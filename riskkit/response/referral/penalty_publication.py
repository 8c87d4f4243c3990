"""Publication of penalties and the list of seriously dishonest entities (task 14), as the day finds them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.response.credit.penalty_records import text_cells
from riskkit.response.referral.clocks import due_days
from riskkit.response.working_days import Days, as_days

Floats = NDArray[np.float64]

_SMALL = ("criticism",)
_NEVER = np.datetime64("NaT", "D")
_DAYS = ("decided_on", "received_on", "published_on", "annulled_on", "restricted_until")
_LIST_DAYS = ("listed_on", "annulled_on")
_EARLY = ("is_duty_done", "is_harm_removed", "is_repeated", "is_listed")


def decide(facts: pd.DataFrame, *, on: dt.date) -> pd.DataFrame:
    """Whether a penalty is to be published, since when it is late, and until when it is shown.

    Parameters
    ----------
    facts : DataFrame
        One row a penalty of the general procedure: decided_on, penalty (``heavy_penalties.csv``),
        is_same_province (of the authority and the enterprise), and as far as known is_small_fine, received_on
        (by the other province), published_on, annulled_on, restricted_until, is_duty_done, is_harm_removed,
        is_repeated and is_listed. Flags are 0, 1 or missing.
    on : date
        Day.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``not_published``, ``due``, ``late``, ``published``, ``over``,
        ``withdraw`` or missing), rule_id (the clock), reason, due_on (last day of the next step: push or
        publication, withdrawal), ends_on (last day it is shown), may_ask_early (missing where unknown),
        margin (calendar days left of the step or the period), status, source_id.

    Raises
    ------
    InputFaults
        With every wrong day, unknown kind of penalty, and day after `on`.

    References
    ----------
    .. [1] 国家市场监督管理总局令第45号第二、九至十一、十三、十四条 (``samr_order_45``). Order 107 of 2025
       (``samr_order_107``) has classes and periods of its own; only a summary was read, so it is not applied.

    Examples
    --------
    >>> facts = pd.DataFrame({"decided_on": ["2025-09-01"] * 2, "penalty": ["fine"] * 2,
    ...     "is_same_province": [1, 1], "is_small_fine": [0, 1], "published_on": [None, "2025-09-10"]})
    >>> found = decide(facts, on=dt.date(2025, 10, 15))
    >>> found["decision"].tolist(), found["ends_on"].dt.date.tolist()[1]
    (['late', 'published'], datetime.date(2025, 12, 10))
    """
    days, flags, penalty = _checked(facts, on)
    today = np.datetime64(on, "D")
    published, annulled = days["published_on"], days["annulled_on"]
    due, clock = _steps(days, flags["is_same_province"], on=on)
    is_small = np.where(penalty.isin(_SMALL), 1.0, np.where(penalty == "fine", flags["is_small_fine"], 0.0))
    ends = np.where(
        is_small == 1, due_days("end_minor", published, on=on), due_days("end_other", published, on=on)
    )
    ends = np.where(np.isnan(is_small), _NEVER, np.fmax(ends, days["restricted_until"]))
    is_shown = ~np.isnat(published)
    cases = [
        (penalty == "warning_only", "not_published", "not_published"),
        (~np.isnat(annulled), "withdraw", "publication_withdrawn"),
        (is_shown & np.isnan(is_small), "", "facts_missing"),
        (is_shown & (ends < today), "over", "publication_over"),
        (is_shown, "published", "published"),
        (np.isnat(due), "", "facts_missing"),
        (due < today, "late", "publication_late"),
    ]
    conditions = [np.asarray(when, dtype=np.bool_) for when, _, _ in cases]
    decision = np.select(conditions, [name for _, name, _ in cases], default="due")
    out = pd.DataFrame({"due_on": np.where(is_shown & np.isnat(annulled), _NEVER, due)}, index=facts.index)
    out["decision"] = pd.Series(decision, index=facts.index).mask(decision == "", None)
    out["reason"] = np.select(conditions, [why for _, _, why in cases], default="publication_due")
    ending = np.where(is_small == 1, "end_minor", "end_other")
    out["rule_id"] = np.where(np.isin(decision, ["published", "over"]), ending, clock)
    out["ends_on"] = ends
    out["may_ask_early"] = _may_ask_early(penalty, flags, on=on)
    nearer = np.where(is_shown & np.isnat(annulled), ends, due)
    out["margin"] = pd.Series(nearer - today, index=facts.index).dt.days
    order = ["decision", "rule_id", "reason", "due_on", "ends_on", "may_ask_early", "margin"]
    return out[order].assign(status="published", source_id="samr_order_45")


def _steps(days: dict[str, Days], same: Floats, *, on: dt.date) -> tuple[Days, NDArray[np.str_]]:
    """The last day of the next step, and the clock it comes from."""
    received, annulled = days["received_on"], days["annulled_on"]
    steps = [
        (~np.isnat(annulled), "withdraw", annulled),
        (same == 1, "publish_same_province", days["decided_on"]),
        ((same == 0) & np.isnat(received), "push_other_province", days["decided_on"]),
        (same == 0, "publish_other_province", received),
    ]
    conditions = [when for when, _, _ in steps]
    due = np.select(conditions, [due_days(name, start, on=on) for _, name, start in steps], default=_NEVER)
    return due, np.select(conditions, [name for _, name, _ in steps], default="")


def _may_ask_early(penalty: pd.Series, flags: dict[str, Floats], *, on: dt.date) -> pd.Series:
    """Whether the conditions of Art. 14 are met; the time that must have passed is set elsewhere."""
    rows = standards.table("heavy_penalties", on=on).set_index("penalty")["may_end_early"]
    allowed = pd.Series(penalty.map(rows.eq("yes")), index=penalty.index).astype("boolean")
    for name, wanted in zip(_EARLY, (1, 1, 0, 0), strict=True):
        flag = pd.Series(flags[name], index=penalty.index)
        allowed &= flag.eq(wanted).astype("boolean").mask(flag.isna())
    return allowed


def _checked(facts: pd.DataFrame, on: dt.date) -> tuple[dict[str, Days], dict[str, Floats], pd.Series]:
    names = ("is_same_province", "is_small_fine", *_EARLY)
    return _read(facts, on, days=_DAYS, flags=names, needs=("decided_on", "penalty", "is_same_province"))


def _read(
    facts: pd.DataFrame, on: dt.date, *, days: tuple[str, ...], flags: tuple[str, ...], needs: tuple[str, ...]
) -> tuple[dict[str, Days], dict[str, Floats], pd.Series]:
    known = standards.table("heavy_penalties", on=on)["penalty"].tolist()
    early = Fault("on", str(on), "a day from 2021-09-01 on, when the orders came into force")
    refuse("penalties", [] if known else [early])
    columns = [
        NumberColumn(name, low=0, high=1, is_whole=True, may_miss=True) for name in flags if name in facts
    ]
    numbers = number_columns(facts, columns, what="penalties", texts=needs)
    none = pd.Series([None] * len(facts), dtype=object)
    read = {name: as_days(facts.get(name, none), what=name, may_miss=name not in needs) for name in days}
    penalty = text_cells(facts, "penalty")
    faults = [
        Fault(f"penalties: row {row}: penalty", shown(value), one_of(str(value), known))
        for row, value in enumerate(penalty)
        if value not in known
    ]
    for name, found in read.items():
        if name != "restricted_until":
            late = np.flatnonzero(found > np.datetime64(on, "D"))
            faults += [
                Fault(f"penalties: row {row}: {name}", str(found[row]), RuleText("not after {}", on))
                for row in late
            ]
    refuse("penalties", faults)
    unknown = np.full(len(facts), np.nan)
    return read, {name: numbers.get(name, unknown) for name in flags}, penalty


def list_decision(facts: pd.DataFrame, *, on: dt.date) -> pd.DataFrame:
    """Entry to and exit from the list of seriously dishonest entities of market regulation.

    Parameters
    ----------
    facts : DataFrame
        One row an entity: penalty (``heavy_penalties.csv``), is_serious (the authority's own weighing of
        intent, frequency, duration and amount), is_without_intent (proved), listed_on (missing while not
        listed), annulled_on (of the penalty), is_duty_done, is_harm_removed, is_heavy_again. Flags are 0, 1
        or missing.
    on : date
        Day.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``enter``, ``not_listed``, ``stays``, ``may_ask_to_leave``,
        ``leaves`` or missing), reason, may_ask_from and leaves_on (days), margin (calendar days to the nearer
        of them), rule_id, status, source_id.

    Raises
    ------
    InputFaults
        With every wrong day, unknown kind of penalty, and day after `on`.

    References
    ----------
    .. [1] 国家市场监督管理总局令第44号第二、十二、十九条 (``samr_order_44``); the three years were not read.

    Examples
    --------
    >>> facts = pd.DataFrame({"penalty": ["revoke_licence", "fine"], "is_serious": [1, 1],
    ...     "is_without_intent": [0, 0], "listed_on": [None, None]})
    >>> list_decision(facts, on=dt.date(2025, 1, 1))["decision"].tolist()
    ['enter', 'not_listed']
    """
    names = ("is_serious", "is_without_intent", "is_duty_done", "is_harm_removed", "is_heavy_again")
    days, flags, penalty = _read(facts, on, days=_LIST_DAYS, flags=names, needs=("penalty",))
    today, listed = np.datetime64(on, "D"), days["listed_on"]
    heavy = (
        penalty.map(standards.table("heavy_penalties", on=on).set_index("penalty")["is_heavy"])
        .eq("yes")
        .to_numpy()
    )
    early, leaves = due_days("list_early", listed, on=on), due_days("list_end", listed, on=on)
    is_listed = ~np.isnat(listed)
    duties = np.array(
        [flags["is_duty_done"] == 1, flags["is_harm_removed"] == 1, flags["is_heavy_again"] == 0]
    )
    barred = (flags["is_duty_done"] == 0) | (flags["is_harm_removed"] == 0) | (flags["is_heavy_again"] == 1)
    serious, unmeant = flags["is_serious"], flags["is_without_intent"]
    cases = [
        (is_listed & ~np.isnat(days["annulled_on"]), "leaves", "list_annulled"),
        (is_listed & (leaves < today), "leaves", "list_over"),
        (is_listed & ((early > today) | barred), "stays", "list_stays"),
        (is_listed & duties.all(axis=0), "may_ask_to_leave", "list_may_leave"),
        (is_listed, "", "facts_missing"),
        (~heavy, "not_listed", "list_not_heavy"),
        (unmeant == 1, "not_listed", "list_no_intent"),
        (serious == 0, "not_listed", "list_not_serious"),
        (np.isnan(serious) | np.isnan(unmeant), "", "facts_missing"),
    ]
    conditions = [np.asarray(when, dtype=np.bool_) for when, _, _ in cases]
    decision = np.select(conditions, [name for _, name, _ in cases], default="enter")
    out = pd.DataFrame(index=facts.index)
    out["decision"] = pd.Series(decision, index=facts.index).mask(decision == "", None)
    out["reason"] = np.select(conditions, [why for _, _, why in cases], default="list_enter")
    out["may_ask_from"], out["leaves_on"] = early, leaves
    out["margin"] = pd.Series(np.where(early > today, early, leaves) - today, index=facts.index).dt.days
    over = out["reason"] == "list_over"
    out["rule_id"] = np.where(over, "list_end", np.where(is_listed, "list_early", "list_entry"))
    return out.assign(status=np.where(over, "house", "derived"), source_id="samr_order_44")
