"""Tables that explain a graded case: by scenario, by factor, by profile, and the house rows it used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from riskkit.assessment.facts.case_file import Case
from riskkit.assessment.scenarios import on_boundary, scenario_probability
from riskkit.assessment.sensitivity.robustness import level_shares
from riskkit.case.case_levels import Outcome, graded
from riskkit.case.case_numbers import CaseNumbers, scenario_matrix
from riskkit.case.derived_facts import SCENARIO_FACTS
from riskkit.foundation.numbers.uncertainty import best, shares, summary
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.scales import band_codes, scale
from riskkit.foundation.standards.tables import records
from riskkit.warning.level_badge import outcome_badge
from riskkit.warning.profiles import Profile, profile, profile_names
from riskkit.warning.reasons import reasons

_LEVELS = scale("warning").codes
_RISKS = scale("risk").codes


def scenario_table(case: Case, now: Outcome, drawn: Outcome) -> pd.DataFrame:
    """One row a scenario: probability, risk, grades and level, at best estimate and over draws.

    Parameters
    ----------
    case : Case
        The case.
    now, drawn : Outcome
        At the best estimate (one entry) and over draws.

    Returns
    -------
    DataFrame
        scenario, hazard, severity, p_best, p_exact (as a fraction), p05, p50, p95, band (1–8), risk,
        on_boundary, one column `p_<risk level>` each, severity_lo, severity_hi, severity_rule (index),
        probability, levels_off (taken off the level table since it is so rare), lo, hi (warning levels),
        governs.

    Examples
    --------
    >>> from riskkit.case.case import assess
    >>> from riskkit.case.case_reading import load_case
    >>> a = assess(load_case("note7-battery-2016"), rng=np.random.default_rng(1), draws=200)
    >>> int(a.scenarios["governs"].sum())
    1
    """
    rows = []
    for s, at, over, level in zip(case.scenarios, now.scenarios, drawn.scenarios, now.levels, strict=True):
        matrix = scenario_matrix(s)
        exact_p = scenario_probability([best(step.p) for step in s.steps])
        low, middle, high = summary(over.p)
        codes = np.broadcast_to(over.risk, max(over.risk.size, 1))
        row = {
            "scenario": s.id,
            "hazard": s.hazard,
            "severity": int(at.facts["injury_severity"][0]),
            "p_best": float(exact_p),
            "p_exact": str(exact_p),
            "p05": low,
            "p50": middle,
            "p95": high,
            "band": int(band_codes(at.p, matrix.edge_values().tolist(), closed=matrix.closed)[0]) + 1,
            "risk": _RISKS[int(at.risk[0])],
            "on_boundary": on_boundary(exact_p, matrix=matrix),
            "severity_lo": int(at.grade[0][0]),
            "severity_hi": int(at.grade[1][0]),
            "severity_rule": int(at.rule[0]),
            "probability": int(at.likelihood[0]),
            "levels_off": int(at.levels_off[0]),
            "lo": _LEVELS[int(level[0][0]) - 1],
            "hi": _LEVELS[int(level[1][0]) - 1],
        }
        rows.append(row | {f"p_{name}": part for name, part in zip(_RISKS, shares(codes, 4), strict=True)})
    table = pd.DataFrame(rows)
    order = [
        (
            *(_LEVELS.index(r["lo"]), _LEVELS.index(r["hi"]), -r["levels_off"]),
            *(r["severity_lo"], r["probability"], r["p_best"]),
        )
        for r in records(table)
    ]
    return table.assign(
        governs=[i == max(range(len(order)), key=order.__getitem__) for i in range(len(order))]
    )


def grade_table(scenarios: pd.DataFrame, now: Outcome, *, profile: Profile) -> pd.DataFrame:
    """The grades behind the level, of the scenario that governs.

    Returns
    -------
    DataFrame
        Index severity, probability, urgency, scope, trigger; lo, hi (grade 1–4; for the trigger the rank
        of the level it guarantees), rule.

    Examples
    --------
    >>> from riskkit.case.case import assess
    >>> from riskkit.case.case_reading import load_case
    >>> a = assess(load_case("note7-battery-2016"), rng=np.random.default_rng(1), draws=200)
    >>> list(a.grades.index)
    ['severity', 'probability', 'urgency', 'scope', 'trigger']
    """
    one = scenarios[scenarios["governs"]].iloc[0]

    def rule(factor: str, index: int) -> str:
        return profile.rules[factor][index].rule if index >= 0 else ""

    rows = {
        "severity": (one["severity_lo"], one["severity_hi"], rule("severity", int(one["severity_rule"]))),
        "probability": (one["probability"], one["probability"], ""),
    }
    floor = now.scenarios[int(np.flatnonzero(scenarios["governs"])[0])].floor
    for factor, (lo, hi, which) in (("urgency", now.urgency), ("scope", now.scope), ("trigger", floor)):
        rows[factor] = (int(np.ravel(lo)[0]), int(np.ravel(hi)[0]), rule(factor, int(np.ravel(which)[0])))
    return pd.DataFrame.from_dict(rows, orient="index", columns=["lo", "hi", "rule"])


def reason_table(scenarios: pd.DataFrame, now: Outcome, *, profile: Profile) -> pd.DataFrame:
    """Every rule with its state, for the scenario that governs; columns as in `reasons`.

    Examples
    --------
    >>> from riskkit.case.case import assess
    >>> from riskkit.case.case_reading import load_case
    >>> a = assess(load_case("note7-battery-2016"), rng=np.random.default_rng(1), draws=200)
    >>> set(a.reasons["state"]) <= {"fired", "open", "no"}
    True
    """
    place = int(np.flatnonzero(scenarios["governs"])[0])
    one = now.scenarios[place]
    # A trigger may name facts of the case and of the scenario, the severity of harm of the scenario included.
    facts = {"severity": one.facts, "urgency": now.facts, "scope": now.facts}
    facts["trigger"] = {**now.facts, **{name: one.facts[name] for name in SCENARIO_FACTS}}
    parts = [reasons(of, factor, profile=profile, limits=one.limits) for factor, of in facts.items()]
    return pd.concat(parts, ignore_index=True)


def profile_table(
    case: Case, given: tuple[CaseNumbers, CaseNumbers], *, used: Profile, drawn: Outcome
) -> pd.DataFrame:
    """The level under each shipped profile and the one used, on the same draws.

    Parameters
    ----------
    case : Case
        The case.
    given : pair of CaseNumbers
        What its inputs say at the best estimate and over draws.
    used : Profile
        The profile of the assessment.
    drawn : Outcome
        Its outcome over draws.

    Returns
    -------
    DataFrame
        profile, zh, en, status; level, level_hi (as shown, from the draws, with missing facts at their
        mildest and at their worst), share (of draws of just `level`), lo, hi (at the best estimates), and
        one column a level with its `possible` share.

    Examples
    --------
    >>> from riskkit.case.case import assess
    >>> from riskkit.case.case_reading import load_case
    >>> a = assess(load_case("note7-battery-2016"), rng=np.random.default_rng(1), draws=200)
    >>> len(a.profiles) >= 2
    True
    """
    at, over = given
    draws = max(drawn.lo.size, drawn.hi.size)
    shipped = [profile(name) for name in profile_names()]
    others = [one for one in shipped if one.sha256 != used.sha256]
    rows = []
    for one in (used, *others):
        now = graded(at, profile=one)
        out = drawn if one is used else graded(over, profile=one)
        possible = level_shares(out.lo, out.hi)["possible"]
        badge = outcome_badge(now, out, on=case.assessed_on, draws=draws)
        ends = {"level": badge.level, "level_hi": badge.level_hi, "share": badge.p_level}
        ends |= {"lo": badge.best, "hi": badge.best_hi}
        about = {"profile": one.name, "zh": one.zh, "en": one.en, "status": one.status}
        rows.append(about | ends | dict(zip(_LEVELS, possible, strict=True)))
    return pd.DataFrame(rows)


def house_rows(case: Case, why: pd.DataFrame, *, profile: Profile) -> pd.DataFrame:
    """Every table row of status ``house`` that the assessment used.

    Parameters
    ----------
    case : Case
        The case.
    why : DataFrame
        As from `reason_table`: rules that fired or that a missing fact leaves open.
    profile : Profile
        The tables.

    Returns
    -------
    DataFrame
        table, rule (where it has one), zh, en, source_id, locator.

    Examples
    --------
    >>> from riskkit.case.case import assess
    >>> from riskkit.case.case_reading import load_case
    >>> a = assess(load_case("note7-battery-2016"), rng=np.random.default_rng(1), draws=200)
    >>> "probability_bands" in set(a.house_rows["table"])
    True
    """
    rules = why.loc[why["state"] != "no", "rule"]
    rows = profile.rows
    mine = (rows["status"] == "house") & ((rows["table"] != "grade_rules") | rows["rule"].isin(rules))
    injuries = {(s.injury, level) for s in case.scenarios for level, _ in s.severity}
    matrices = {scenario_matrix(s).name for s in case.scenarios}
    used: dict[str, Iterable[Mapping[str, Any]]] = {
        "probability_bands": standards.rows("probability_bands"),
        "injury_severity": (
            row for row in standards.rows("injury_severity") if (row["injury"], row["level"]) in injuries
        ),
        "method_numbers": (row for row in standards.rows("method_numbers") if row["method"] == "back_check"),
        "risk_matrix_list": (
            row for row in records(standards.all_rows("risk_matrix_list")) if row["matrix"] in matrices
        ),
    }
    whole = {
        "zh": profile.note_zh,
        "en": profile.note_en,
        "source_id": "riskkit_house",
        "locator": profile.name,
    }
    found = [{"table": "profiles", **whole}] if profile.status == "house" else []
    found += records(rows[mine])
    found += [
        {**row, "table": name} for name, some in used.items() for row in some if row["status"] == "house"
    ]
    columns = ["table", "rule", "zh", "en", "source_id", "locator"]
    kept = dict.fromkeys(tuple(_text_or_empty(row.get(name)) for name in columns) for row in found)
    return pd.DataFrame(list(kept), columns=columns, dtype=object)


def _text_or_empty(value: Any) -> Any:
    return "" if value is None or pd.isna(value) else value
