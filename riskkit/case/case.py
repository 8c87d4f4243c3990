"""From a case to one frozen `Assessment`, from which report, dashboard and JSON are all made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskkit.assessment.facts.back_check import BackCheck, back_check
from riskkit.assessment.facts.case_file import Case, Text
from riskkit.assessment.sensitivity.robustness import (
    InputRange,
    Ranks,
    flips,
    level_shares,
    near_bounds,
    tornado,
)
from riskkit.case.case_inputs import draw_inputs, point_of
from riskkit.case.case_levels import Outcome, evaluate, graded
from riskkit.case.case_numbers import case_numbers
from riskkit.case.case_tables import grade_table, house_rows, profile_table, reason_table, scenario_table
from riskkit.case.experience_sentences import experience_questions
from riskkit.case.level_sentence import robustness_sentence
from riskkit.case.sentences import input_kind, missing_facts, open_questions
from riskkit.foundation.numbers.uncertainty import shares
from riskkit.foundation.short_repr import html_card
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.scales import scale
from riskkit.warning.level_badge import LevelBadge, outcome_badge, risk_badge
from riskkit.warning.profiles import Profile
from riskkit.warning.profiles import profile as shipped_profile


@dataclass(frozen=True, eq=False)
class Assessment:
    """Everything riskkit has to say about a case. Tables are for reading, never changed.

    Parameters
    ----------
    case : Case
        What was assessed.
    route : str
        ``graded``, or ``food_accident_plan``: then nothing below is graded.
    profile : Profile
        The tables that turned grades into a level.
    draws : int
        Monte Carlo draws.
    lo, hi : str or None
        Warning level proven, and the highest the missing facts could bring (``Ⅳ`` … ``Ⅰ``).
    shares : DataFrame
        Index ``Ⅳ`` … ``Ⅰ``; certain, possible, at_least: see `level_shares`.
    risk : str or None
        Product risk level under the scenario method, presumption included.
    presumed : bool
        Whether a serious risk is presumed.
    risk_shares : Series
        Share of draws by risk level, presumption left aside.
    scenarios, grades, reasons, profiles, flips, tornado : DataFrame
        By scenario; by factor; by rule; by profile; what changes the level; what it hangs on.
    missing : tuple of str
        Facts that are not known and could raise the level.
    robustness : Text
        One plain sentence.
    questions : tuple of Text
        What the committee is asked.
    house_rows : DataFrame
        The `house` table rows that were used.
    badge, risk_badge : LevelBadge or None
        The warning level and the risk level as they are shown, from the simulations.
    near_bounds : DataFrame
        Inputs that would change the level within a tenth of their value: see `near_bounds`.
    experience : BackCheck or None
        Harm expected by now beside harm that is known.
    """

    case: Case
    route: str
    profile: Profile
    draws: int
    lo: str | None
    hi: str | None
    shares: pd.DataFrame
    risk: str | None
    presumed: bool
    risk_shares: pd.Series
    scenarios: pd.DataFrame
    grades: pd.DataFrame
    reasons: pd.DataFrame
    profiles: pd.DataFrame
    flips: pd.DataFrame
    tornado: pd.DataFrame
    missing: tuple[str, ...]
    robustness: Text
    questions: tuple[Text, ...]
    house_rows: pd.DataFrame
    badge: LevelBadge | None
    risk_badge: LevelBadge | None
    near_bounds: pd.DataFrame
    experience: BackCheck | None

    def __repr__(self) -> str:
        found = f"lo={self.lo!r}, hi={self.hi!r}, risk={self.risk!r}"
        return f"Assessment({self.case.id!r}, {found}, draws={self.draws})"

    def _repr_html_(self) -> str:
        badge = None if self.badge is None else self.badge.level
        shown = {
            "level": badge,
            "lo": self.lo,
            "hi": self.hi,
            "risk": self.risk,
            "profile": self.profile.name,
        }
        return html_card(f"Assessment {self.case.id}", shown | {"draws": self.draws})

    @property
    def level_ends(self) -> tuple[str, str]:
        """The levels shown, with missing facts at their mildest and at their worst; empty for food."""
        return ("", "") if self.badge is None else (self.badge.level, self.badge.level_hi)


def assess(
    case: Case, *, profile: Profile | None = None, rng: np.random.Generator, draws: int = 20_000
) -> Assessment:
    """Assess a case: risk, grades, warning level, and how firm they are.

    Parameters
    ----------
    case : Case
        As from `load_case`.
    profile : Profile, optional
        The tables that turn grades into a level; the default profile otherwise.
    rng : numpy.random.Generator
        The only source of chance: the same state gives the same assessment.
    draws : int
        Monte Carlo draws.

    Returns
    -------
    Assessment

    Raises
    ------
    ValueError
        When `draws` is below 1.

    References
    ----------
    .. [1] Delegated Regulation (EU) 2024/3173, Annex II (``eu_2024_3173``); 国发〔2017〕43号, 二（三）8
       (``sc_2017_43``); the tables of the profile.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> a = assess(load_case("note7-battery-2016"), rng=np.random.default_rng(1), draws=500)
    >>> a.route
    'graded'
    """
    used = profile or shipped_profile()
    route = next(str(row["route"]) for row in standards.rows("routes") if row["goods"] == case.goods)
    if route != "graded":
        return _routed_out(case, route, used, draws=draws)
    point = point_of(case)
    at_point = {name: np.array([value]) for name, value in point.items()}
    x = draw_inputs(case, draws, rng=rng)
    at, over = case_numbers(case, at_point), case_numbers(case, x)
    now, drawn = graded(at, profile=used), graded(over, profile=used)
    scenarios = scenario_table(case, now, drawn)
    tables: dict[str, Any] = {
        "scenarios": scenarios,
        "grades": grade_table(scenarios, now, profile=used),
        "reasons": reason_table(scenarios, now, profile=used),
        "profiles": profile_table(case, (at, over), used=used, drawn=drawn),
        "flips": _flips(case, point, used),
        "tornado": tornado(x, (drawn.lo.astype(np.float64) + drawn.hi) / 2),
    }
    experience = back_check(case, at_point, x)
    badge = outcome_badge(now, drawn, on=case.assessed_on, draws=draws)
    return Assessment(
        case,
        route,
        used,
        draws,
        **_level(now, drawn),
        **_risk(case, scenarios, drawn),
        **tables,
        **_words(case, tables, now=now, badge=badge, used=used, experience=experience),
        badge=badge,
        risk_badge=risk_badge(now, drawn, on=case.assessed_on, draws=draws),
        near_bounds=near_bounds(tables["flips"]),
        experience=experience,
    )


def _flips(case: Case, point: Mapping[str, float], used: Profile) -> pd.DataFrame:
    def ends(inputs: Mapping[str, Any]) -> tuple[Ranks, Ranks]:
        out = evaluate(case, inputs, profile=used)
        return out.lo, out.hi

    return flips(point, {name: _range(name) for name in point}, evaluate=ends)


def _range(name: str) -> InputRange:
    kind = input_kind(name)
    if kind == "probability":
        return InputRange(kind, 0.0, 1.0)
    if kind == "ordinal":
        return InputRange(kind, 1.0, 4.0)
    known = standards.facts()[name.partition(".")[0]]
    return InputRange(kind, known.minimum, known.maximum)


def _level(now: Outcome, drawn: Outcome) -> dict[str, Any]:
    codes = scale("warning").codes
    table = level_shares(drawn.lo, drawn.hi).set_axis(pd.Index(codes, name="level"))
    return {"lo": codes[int(now.lo[0]) - 1], "hi": codes[int(now.hi[0]) - 1], "shares": table}


def _risk(case: Case, scenarios: pd.DataFrame, drawn: Outcome) -> dict[str, Any]:
    codes = scale("risk").codes
    highest = max(codes.index(level) for level in scenarios["risk"])
    over = np.max(np.broadcast_arrays(*(one.risk for one in drawn.scenarios)), axis=0)
    presumed = bool(case.presumptions)
    return {
        "risk": codes[3 if presumed else highest],
        "presumed": presumed,
        "risk_shares": pd.Series(shares(over, 4), index=pd.Index(codes, name="risk")),
    }


def _words(
    case: Case,
    tables: Mapping[str, pd.DataFrame],
    *,
    now: Outcome,
    badge: LevelBadge,
    used: Profile,
    experience: BackCheck,
) -> dict[str, Any]:
    proven = {str(factor): int(lo) for factor, lo in tables["grades"]["lo"].items()}
    proven["trigger"] = max(int(proven["trigger"]), int(now.lo[0]))
    missing = missing_facts(tables["reasons"], proven, is_range=badge.is_range())
    return {
        "missing": missing,
        "robustness": robustness_sentence(case, badge, flips=tables["flips"], missing=missing),
        "questions": experience_questions(experience)
        + open_questions(
            case,
            missing=missing,
            tornado=tables["tornado"],
            scenarios=tables["scenarios"],
            profiles=tables["profiles"],
            near=near_bounds(tables["flips"]),
        ),
        "house_rows": house_rows(case, tables["reasons"], profile=used),
    }


def _routed_out(case: Case, route: str, used: Profile, *, draws: int) -> Assessment:
    """A food case is handed over before anything is graded."""
    empty = pd.DataFrame()
    note = Text(
        zh="食品：按《国家食品安全事故应急预案》和食品安全法处理，本工具不予分级，移交主管部门。",
        en="Food: handled under the national food-safety accident plan and the Food Safety Law; "
        "handed over, not graded here.",
    )
    return Assessment(
        case,
        route,
        used,
        draws,
        lo=None,
        hi=None,
        shares=empty,
        risk=None,
        presumed=False,
        risk_shares=pd.Series(dtype=float),
        scenarios=empty,
        grades=empty,
        reasons=empty,
        profiles=empty,
        flips=empty,
        tornado=empty,
        missing=(),
        robustness=note,
        questions=tuple(question.text for question in case.questions),
        house_rows=empty,
        badge=None,
        risk_badge=None,
        near_bounds=empty,
        experience=None,
    )
