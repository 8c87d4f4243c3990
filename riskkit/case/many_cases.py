"""Many products at once: whole cases, or rows of facts, as one table of levels."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from riskkit.assessment.facts.case_file import Case
from riskkit.assessment.scenarios import risk_codes
from riskkit.case.case import Assessment, assess
from riskkit.case.case_levels import Outcome, graded
from riskkit.case.case_numbers import CaseNumbers, ScenarioNumbers
from riskkit.case.derived_facts import EXPECTED, SCENARIO_FACTS
from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.numbers.uncertainty import Floats
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.risk_matrices import DEFAULT_MATRIX, risk_matrix
from riskkit.foundation.standards.scales import scale
from riskkit.warning.fact_columns import fact_columns
from riskkit.warning.grading import grade_probability
from riskkit.warning.profiles import Profile
from riskkit.warning.profiles import profile as shipped_profile

_NEEDED = ("p_harm", "injury_severity")
_FACTORS = ("severity", "urgency", "scope", "trigger")
_MOST_DRIVERS = 3
COLUMNS = ["badge", "level_lo", "level_hi", *(f"p_{code}" for code in ("Ⅳ", "Ⅲ", "Ⅱ", "Ⅰ")), "risk"]
COLUMNS += [*(f"{factor}_rule" for factor in _FACTORS), "drivers"]


def assess_many(
    given: pd.DataFrame | Iterable[Case],
    *,
    profile: Profile | None = None,
    rng: np.random.Generator | None = None,
    draws: int = 20_000,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Warning levels of many cases, or of many rows of facts, one row each.

    Parameters
    ----------
    given : DataFrame, or Series or other iterable of Case
        A table has one product a row: ``p_harm`` [0–1, over the life of the product], ``injury_severity``
        [1–4] and any further facts by the names in ``facts.csv``, in their units. An empty cell, or a fact
        without a column, is not known and leaves a range. Two follow where they have no column: expected
        victims from probability, severity and ``units_on_market``; ``is_presumed_serious`` is no then, as in
        a case that states no presumption.
    profile : Profile, optional
        The tables that turn grades into a level; the default profile otherwise.
    rng : numpy.random.Generator, optional
        Needed for cases, whose inputs are uncertain; each case has a stream of its own. A table has none.
    draws : int
        Monte Carlo draws a case.
    executor : concurrent.futures.Executor, optional
        What simulates the cases side by side, such as a ``ProcessPoolExecutor`` or ``Client.get_executor()``
        of Dask; one after the other otherwise. The result is the same.

    Returns
    -------
    DataFrame
        Index of the table or Series, otherwise the ids of the cases. badge: the level shown; level_lo,
        level_hi: the level proven, and the gravest that missing facts could bring; p_Ⅳ … p_Ⅰ: share of the
        simulations that come to the level, missing facts at their mildest (a row of a table has one); risk:
        level under the scenario method, missing where probability or severity is; severity_rule …
        trigger_rule: the rules behind the grades; drivers: the uncertain inputs that move the level most
        (tuple of str, at most three). For food, which is not graded here, all but the index is missing.

    Raises
    ------
    InputFaults
        With every fault of the table, and every item that is no case.
    ValueError
        When cases come without `rng`.

    References
    ----------
    .. [1] As `riskkit.case.case.assess`.

    Examples
    --------
    >>> facts = pd.DataFrame({"p_harm": [1e-7, 0.002], "injury_severity": [1, 4], "n_ports": [1, None]},
    ...                      index=["lamp", "toy"])
    >>> assess_many(facts)[["level_lo", "level_hi", "risk"]].loc["toy"].tolist()
    ['Ⅱ', 'Ⅰ', 'serious']
    """
    used = profile or shipped_profile()
    if isinstance(given, pd.DataFrame):
        return _of_facts(given, used)
    cases: list[Any] = list(given)
    labels = given.index if isinstance(given, pd.Series) else range(len(cases))
    strange = [(label, case) for label, case in zip(labels, cases, strict=True) if not isinstance(case, Case)]
    refuse("cases", [Fault(str(label), shown(case), "a Case") for label, case in strange])
    if rng is None:
        raise ValueError("cases have uncertain inputs: rng=numpy.random.default_rng(seed) is needed")
    run = map if executor is None else executor.map
    rows = list(run(partial(_simulated, used=used, draws=draws), cases, rng.spawn(len(cases))))
    index = given.index if isinstance(given, pd.Series) else pd.Index([one.id for one in cases], name="case")
    return _typed(pd.DataFrame(rows, columns=COLUMNS, index=index))


def _simulated(case: Case, rng: np.random.Generator, *, used: Profile, draws: int) -> dict[str, Any]:
    return _case_row(assess(case, profile=used, rng=rng, draws=draws))


def _case_row(found: Assessment) -> dict[str, Any]:
    if found.badge is None:
        return {}
    at_least = [*found.shares["at_least"], 0.0]
    shares = {f"p_{code}": at_least[k] - at_least[k + 1] for k, code in enumerate(found.shares.index)}
    rules = {f"{factor}_rule": found.grades.at[factor, "rule"] for factor in _FACTORS}
    moving = found.tornado.loc[found.tornado["swing"] > 0, "input"].head(_MOST_DRIVERS)
    ends = {"badge": found.badge.level, "level_lo": found.lo, "level_hi": found.hi, "risk": found.risk}
    return ends | shares | rules | {"drivers": tuple(moving)}


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    kinds = dict.fromkeys(["badge", "level_lo", "level_hi"], scale("warning").dtype())
    shares = dict.fromkeys([name for name in COLUMNS if name.startswith("p_")], "float64")
    return table.astype({**kinds, "risk": scale("risk").dtype(), **shares})


def _of_facts(table: pd.DataFrame, used: Profile) -> pd.DataFrame:
    absent = [name for name in _NEEDED if name not in table.columns]
    refuse("facts", [Fault(name, "no column", "a column, empty where not known") for name in absent])
    columns = fact_columns(table, probabilities=("p_harm",))
    if "is_presumed_serious" not in columns:
        columns["is_presumed_serious"] = np.zeros(len(table))
    mildest, worst = (_outcome(columns, used, is_worst=is_worst) for is_worst in (False, True))
    lo, hi = (np.broadcast_to(ranks, len(table)) for ranks in (mildest.lo, worst.hi))
    codes = scale("warning").codes
    risk = risk_codes(columns["p_harm"], columns["injury_severity"], risk_matrix(DEFAULT_MATRIX))
    names = [*scale("risk").codes, None]
    found: dict[str, Any] = {
        "badge": [codes[rank - 1] for rank in lo],
        "level_lo": [codes[rank - 1] for rank in lo],
        "level_hi": [codes[rank - 1] for rank in hi],
        "risk": [names[code] for code in risk],
        "drivers": [()] * len(table),
    }
    found |= {f"p_{code}": (lo == rank).astype(np.float64) for rank, code in enumerate(codes, start=1)}
    rows = pd.DataFrame(found | _rules(mildest, used, n=len(table)), columns=COLUMNS)
    return _typed(rows.set_axis(table.index))


def _rules(now: Outcome, used: Profile, *, n: int) -> dict[str, Any]:
    one = now.scenarios[0]
    fired = {"severity": one.rule, "urgency": now.urgency[2], "scope": now.scope[2], "trigger": one.floor[2]}
    names = {factor: np.array([*(rule.rule for rule in used.rules[factor]), ""], object) for factor in fired}
    return {f"{factor}_rule": np.broadcast_to(names[factor][which], n) for factor, which in fired.items()}


def _outcome(columns: dict[str, Floats], used: Profile, *, is_worst: bool) -> Outcome:
    """Rows as one scenario each; probability and severity that are not known at their mildest or worst."""
    p, severity = (1.0, 4.0) if is_worst else (0.0, 1.0)
    chance = np.where(np.isnan(columns["p_harm"]), p, columns["p_harm"])
    harm = np.where(np.isnan(columns["injury_severity"]), severity, columns["injury_severity"])
    unknown = np.full(chance.shape, np.nan)
    facts = {name: columns.get(name, unknown) for name in standards.facts()} | {"injury_severity": harm}
    for name, level in EXPECTED.items():
        if name not in columns:
            facts[name] = np.where(harm == level, facts["units_on_market"] * chance, 0.0)
    risk = risk_codes(chance, harm, risk_matrix(DEFAULT_MATRIX))
    presumed = np.nan_to_num(facts["is_presumed_serious"], nan=float(is_worst))
    rank = np.where(presumed == 1, 4, risk + 1).astype(np.int8)
    row = ScenarioNumbers(
        "row",
        chance,
        harm,
        risk,
        risk_rank=rank,
        likelihood=np.atleast_1d(grade_probability(chance)),
        own={name: facts[name] for name in SCENARIO_FACTS},
        limits={},
    )
    return graded(CaseNumbers(facts, {}, (row,)), profile=used)
