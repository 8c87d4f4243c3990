"""Where methods agree on what to do, where they differ, why, and what would settle it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from riskkit.assessment.facts.case_file import Case
from riskkit.case.comparison.findings import Finding
from riskkit.case.sentences import input_name
from riskkit.foundation.language import language
from riskkit.foundation.numbers.uncertainty import Fixed, quantile
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.method_cards import MethodCard, action_of, highest_action, method_cards
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.foundation.standards.scales import scale
from riskkit.words.numbers import say_number

REFERENCE = "eu_2024_3173"
RELATIONS = ("same", "within", "higher", "lower")
_ORDER = scale("action").codes
_FACTORS = ("severity", "probability", "urgency", "scope", "trigger")
Reason = tuple[str, tuple[tuple[str, str | float], ...]]


@dataclass(frozen=True)
class Difference:
    """How a method's call for action stands to that of the EU grid.

    Parameters
    ----------
    method : str
        The method.
    relation : str
        ``same``, ``within`` (its range includes the grid's), ``higher`` or ``lower``.
    reasons : tuple of (str, parameters)
        Codes of ``difference_reasons.csv``; empty where there is no difference.
    """

    method: str
    relation: str
    reasons: tuple[Reason, ...]


def card_of(method: str) -> MethodCard:
    """The card of a method; a warning profile has that of all profiles.

    Examples
    --------
    >>> card_of("profile:house_matrix").scale
    'warning'
    """
    return method_cards()[method.partition(":")[0]]


def actions_of(finding: Finding) -> tuple[str, str]:
    """The action classes of a finding's lowest and highest level.

    Examples
    --------
    >>> actions_of(Finding("lec", "product", "general", "extreme"))
    ('watch', 'act_now')
    """
    of = card_of(finding.method).scale
    return action_of(of, str(finding.lo)), action_of(of, str(finding.hi))


def relation(finding: Finding, to: Finding) -> str:
    """How one call for action stands to another.

    Examples
    --------
    >>> relation(Finding("lec", "product", "general", "extreme"), Finding("lec", "product", "high", "high"))
    'within'
    """
    lo, hi = (_ORDER.index(one) for one in actions_of(finding))
    at_least, at_most = (_ORDER.index(one) for one in actions_of(to))
    if (lo, hi) == (at_least, at_most):
        return "same"
    if lo > at_most:
        return "higher"
    return "lower" if hi < at_least else "within"


def difference(
    finding: Finding, to: Finding, *, case: Case, grades: Mapping[str, int], counts_risk: bool = False
) -> Difference:
    """Why a method calls for something else than the EU grid does.

    Parameters
    ----------
    finding, to : Finding
        Of the product: by the method, and by the EU grid.
    case : Case
        The case.
    grades : mapping of str to int
        For a warning profile the proven grade by factor that it uses; else empty.
    counts_risk : bool
        Whether the profile takes the risk level, presumption included, as a factor.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> case, eu = load_case("note7-battery-2016"), Finding("eu_2024_3173", "product", "low", "low")
    >>> found = difference(Finding("kinney", "product", "high", "high"), eu, case=case, grades={})
    >>> found.relation, found.reasons[0][0]
    ('higher', 'other_inputs')
    """
    way = relation(finding, to)
    if way == "same":
        return Difference(finding.method, way, ())
    found: list[Reason] = []
    if finding.method == "eu_presumption" or (counts_risk and case.presumptions and way == "higher"):
        grounds = "|".join(one.ground for one in case.presumptions)
        found.append(("presumption", (("grounds", grounds), ("level", str(to.lo)))))
    found += finding.reasons
    if finding.missing and finding.lo != finding.hi:
        found.append(("missing_input", (("missing", "|".join(finding.missing)),)))
    if finding.method.startswith("profile:"):
        found += _policy(grades, way)
    top = highest_action(card_of(finding.method).scale)
    if way == "lower" and _ORDER.index(top) < _ORDER.index(actions_of(to)[0]):
        found.append(("different_scale", (("top", top),)))
    if not found:
        found += _question(finding.method)
    if way in ("higher", "lower") and finding.method != "eu_presumption":
        found += _boundary(finding, to, case=case)
    return Difference(finding.method, way, tuple(found))


def _policy(grades: Mapping[str, int], way: str) -> list[Reason]:
    """The policy's factors that pull the level up, or keep it down."""
    pulls = {name: rank for name, rank in grades.items() if (rank >= 3 if way != "lower" else rank <= 2)}
    told = "|".join(f"{name}={pulls[name]}" for name in _FACTORS if name in pulls)
    return [("policy_factors", (("factors", told),))] if told else []


def _question(method: str) -> list[Reason]:
    mine, base = card_of(method).counts, card_of(REFERENCE).counts
    more, less = ([one for one in a if one not in b] for a, b in ((mine, base), (base, mine)))
    if not more and not less:
        return [("other_cut", ())]
    if not less:
        return [("more_inputs", (("counted", "|".join(more)),))]
    return [("other_inputs", (("counted", "|".join(more)), ("left_out", "|".join(less))))]


def _boundary(finding: Finding, to: Finding, *, case: Case) -> list[Reason]:
    """Where a small factor on the grid's probability would make the two meet."""
    near = method_number("compare", "near_factor")
    ends = (
        (to.up_factor, to.up_level, to.up_subject),
        (to.down_factor, to.down_level, to.down_subject),
    )
    for factor, level, scenario in ends:
        if not level or math.isnan(factor) or not 1 / near <= factor <= near:
            continue
        if relation(finding, Finding(REFERENCE, to.subject, level, level)) in ("same", "within"):
            step = _widest_step(case, scenario)
            return [("boundary", (("factor", factor), ("level", level), ("step", step)))]
    return []


def _widest_step(case: Case, scenario_id: str) -> str:
    """The least certain step of a scenario: the widest ratio of the 95 % to the 5 % quantile."""
    scenario = next(one for one in case.scenarios if one.id == scenario_id)
    widths = []
    for step in scenario.steps:
        low, high = (1.0, 1.0) if isinstance(step.p, Fixed) else quantile(step.p, [0.05, 0.95])
        widths.append(float(high / low) if low > 0 else math.inf)
    return f"{scenario_id}.p{int(np.argmax(widths)) + 1}"


def say_reason(case: Case, reason: Reason) -> tuple[str, str]:
    """A reason in words, and what would settle it.

    Parameters
    ----------
    case : Case
        The case.
    reason : tuple of (str, parameters)
        From `difference`.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> case = load_case("note7-battery-2016")
    >>> say_reason(case, ("different_scale", (("top", "watch"),)))[0]
    'Its highest class only reaches “watch” and cannot ask for more'
    """
    code, given = reason
    row = next(row for row in standards.rows("difference_reasons") if row["reason"] == code)
    values = {name: _said(case, name, value) for name, value in given}
    why, settle = (str(row[column]).format(**values) for column in (language(), f"settle_{language()}"))
    return why[:1].upper() + why[1:], settle[:1].upper() + settle[1:]


def _said(case: Case, name: str, value: str | float) -> str:
    ways: dict[str, Callable[[], str]] = {
        "p": lambda: say_number(float(value), "probability"),
        "units": lambda: say_number(float(value), "count"),
        "factor": lambda: f"{float(value):.3g}",
        "level": lambda: scale("risk").word(str(value)),
        "top": lambda: scale("action").word(str(value)),
        "step": lambda: input_name(case, str(value)),
    }
    if name in ways:
        return ways[name]()
    codes = [one for one in str(value).split("|") if one]
    return _listed([_word(name, code) for code in codes])


def _word(name: str, code: str) -> str:
    if name == "grounds":
        return label("presumption", code)
    if name == "factors":
        factor, _, rank = code.partition("=")
        if factor == "trigger":
            return label("factor", factor)
        return f"{label('factor', factor)} {scale(factor).symbol(rank)}"
    if code in standards.facts():
        known = standards.facts()[code]
        return known.zh if language() == "zh" else known.en
    return label("method_input", code)


def _listed(words: Sequence[str]) -> str:
    return ("、" if language() == "zh" else ", ").join(words) or ("无" if language() == "zh" else "nothing")
