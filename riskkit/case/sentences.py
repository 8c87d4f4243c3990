"""Plain sentences in zh and en about an assessment: how firm it is, what is missing, what to ask."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from riskkit.assessment.facts.case_file import Case, Text
from riskkit.foundation.language import in_language, language
from riskkit.foundation.numbers.uncertainty import Fixed
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.scales import scale
from riskkit.foundation.standards.tables import records
from riskkit.words.numbers import say_number


def input_name(case: Case, name: str) -> str:
    """What an input is, in words.

    Parameters
    ----------
    case : Case
        The case it belongs to.
    name : str
        As in `riskkit.case.case_inputs.point_of`.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> input_name(load_case("note7-battery-2016"), "n_ports")
    'ports affected'
    """
    scenario_id, _, part = name.rpartition(".")
    if scenario_id == "hazard_quotient":
        what = next(dose.substance for dose in case.methods.exposure if dose.id == part).say()
        return f"{what}的危害商" if language() == "zh" else f"hazard quotient of {what}"
    scenario = next((s for s in case.scenarios if s.id == scenario_id), None)
    if scenario is None:
        known = standards.facts()[name]
        return known.zh if language() == "zh" else known.en
    title = scenario.title.say()
    if part == "severity":
        return f"“{title}”的伤害程度" if language() == "zh" else f"severity of “{title}”"
    return (
        f"“{title}”第{part[1:]}步的概率"
        if language() == "zh"
        else f"probability of step {part[1:]} of “{title}”"
    )


def input_kind(name: str) -> str:
    """``probability``, or the kind of the fact.

    Examples
    --------
    >>> input_kind("burn.p1"), input_kind("burn.severity"), input_kind("n_ports")
    ('probability', 'ordinal', 'count')
    >>> input_kind("hazard_quotient.lead")
    'ratio'
    """
    if name.startswith("hazard_quotient."):
        return "ratio"
    if "." in name:
        return "ordinal" if name.endswith(".severity") else "probability"
    return standards.facts()[name].kind


def say_level(lo: str | None, hi: str | None) -> str:
    """A level, or the range that missing facts leave.

    Examples
    --------
    >>> in_language("zh", say_level, "Ⅱ", "Ⅰ"), say_level("Ⅱ", "Ⅱ")
    ('Ⅱ级至Ⅰ级', 'Ⅱ')
    """
    if lo is None or hi is None:
        return "不分级" if language() == "zh" else "not graded"
    if lo == hi:
        return f"{lo}级" if language() == "zh" else lo
    return f"{lo}级至{hi}级" if language() == "zh" else f"{lo} to {hi}"


def _unit(name: str) -> str:
    known = standards.facts().get(name)
    if known is None:
        return ""
    return known.unit_zh if language() == "zh" else f" {known.unit_en}".rstrip()


def flip_condition(case: Case, move: Mapping[str, Any]) -> str:
    """What one input would have to become for the level to change, and what it is now.

    Parameters
    ----------
    case : Case
        The case.
    move : Mapping
        A row of `riskkit.assessment.sensitivity.robustness.flips`.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> move = {"input": "n_ports", "direction": "more", "from_value": 3.0, "to_value": 5.0}
    >>> flip_condition(load_case("note7-battery-2016"), move)
    'if “ports affected” rose to 5 (now 3)'
    """
    name, more = move["input"], move["direction"] == "more"
    kind, what = input_kind(name), _what_moves(case, name)
    now, then = (say_number(float(move[key]), kind) + _unit(name) for key in ("from_value", "to_value"))
    if kind == "flag":
        zh, en = f"若{what}为“{then}”（现为“{now}”）", f"if {what} were “{then}” (now “{now}”)"
        return zh if language() == "zh" else en
    beyond = kind in ("probability", "ratio")
    if language() == "zh":
        rise = f"升至{then}以上" if beyond else f"升至{then}"
        return f"若{what}由{now}{rise if more else f'降至{then}'}"
    rise = f"rose above {then}" if beyond else f"rose to {then}"
    return f"if {what} {rise if more else f'fell to {then}'} (now {now})"


def _what_moves(case: Case, name: str) -> str:
    """An input in the words of the case: a step by its own text, its scenario only where two say the same."""
    scenario_id, _, part = name.rpartition(".")
    scenario = next((s for s in case.scenarios if s.id == scenario_id), None)
    if scenario is None:
        return f"“{input_name(case, name)}”"
    if part == "severity":
        return input_name(case, name)
    step = scenario.steps[int(part[1:]) - 1].text.say()
    same = sum(step == other.text.say() for s in case.scenarios for other in s.steps)
    title = scenario.title.say()
    if language() == "zh":
        return f"“{step}”的概率" if same == 1 else f"情景“{title}”中“{step}”的概率"
    return f"the probability of “{step}”" + ("" if same == 1 else f" in “{title}”")


def missing_facts(
    reasons: pd.DataFrame, proven: Mapping[str, int], *, is_range: bool = False
) -> tuple[str, ...]:
    """Facts that are not known and could raise a grade or trigger a level.

    Parameters
    ----------
    reasons : DataFrame
        As from `riskkit.warning.reasons.reasons`, all factors.
    proven : mapping of str to int
        Proven grade by factor (level rank for ``trigger``).
    is_range : bool
        Whether missing facts leave a range of levels. Where no rule is open at the best estimates, those of
        the rules that uncertain numbers may leave open are given.

    Examples
    --------
    >>> rows = pd.DataFrame({"factor": ["scope"], "grade": [4], "state": ["open"],
    ...                      "evidence": [(("n_ports", ">=", 5.0, float("nan")),)]})
    >>> missing_facts(rows, {"scope": 3})
    ('n_ports',)
    """
    found: dict[str, None] = {}
    for row in records(reasons):
        if row["state"] == "open" and row["grade"] > proven[row["factor"]]:
            found |= {_asked(fact): None for fact, _, _, value in row["evidence"] if math.isnan(value)}
    if is_range and not found:
        return missing_facts(reasons.assign(state="open"), proven)
    return tuple(found)


def _asked(fact: str) -> str:
    """What to ask for a fact that is worked out from others."""
    return "units_on_market" if fact in ("expected_deaths", "expected_serious") else fact


def open_questions(
    case: Case,
    *,
    missing: Sequence[str],
    tornado: pd.DataFrame,
    scenarios: pd.DataFrame,
    profiles: pd.DataFrame,
    near: pd.DataFrame | None = None,
) -> tuple[Text, ...]:
    """What the committee should settle, the weightiest first; the case's own questions last.

    Parameters
    ----------
    case : Case
        The case.
    missing : sequence of str
        Facts that are not known and matter.
    tornado, scenarios, profiles : DataFrame
        As in `Assessment`.
    near : DataFrame, optional
        As from `near_bounds`: what the level hangs on by a tenth or less.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> columns = ["input", "swing", "scenario", "on_boundary", "level", "level_hi"]
    >>> empty = pd.DataFrame(columns=columns)
    >>> case = load_case("note7-battery-2016")
    >>> tables = {"tornado": empty, "scenarios": empty, "profiles": empty}
    >>> len(open_questions(case, missing=["n_ports"], **tables)) >= 1
    True
    """
    questions = [
        Text(
            zh=f"“{in_language('zh', input_name, case, name)}”不详，且可能提高分级：能否查明？",
            en=f"“{in_language('en', input_name, case, name)}” is not known and could raise a grade: "
            "can it be found?",
        )
        for name in missing
    ]
    questions += [_on_a_bound(case, move) for move in records(near)] if near is not None else []
    questions += _judged_steps(case, tornado)
    for row in records(scenarios[scenarios["on_boundary"].astype(bool)]):
        title = next(s.title for s in case.scenarios if s.id == row["scenario"])
        questions.append(
            Text(
                zh=f"情景“{title.zh}”的概率恰在风险矩阵的界上，条文对此规定不一：按低一档处理是否适当？",
                en=f"The probability of “{title.en}” lies exactly on a bound of the grid, where the text is "
                "not settled: is the lower band right?",
            )
        )
    if len(set(zip(profiles["level"], profiles["level_hi"], strict=True))) > 1:
        said = "；".join(
            f"{row['zh']}：{in_language('zh', say_level, row['level'], row['level_hi'])}"
            for row in records(profiles)
        )
        told = "; ".join(
            f"{row['en']}: {in_language('en', say_level, row['level'], row['level_hi'])}"
            for row in records(profiles)
        )
        questions.append(
            Text(
                zh=f"各分级方案结果不同（{said}）：采用哪一方案，理由是什么？",
                en=f"The profiles differ ({told}): which one is used, and why?",
            )
        )
    questions += _presumptions(case)
    return (*questions, *(question.text for question in case.questions))


def _on_a_bound(case: Case, move: Mapping[str, Any]) -> Text:
    """That the level hangs on a bound: a change of a tenth or less would move it."""
    codes, said = scale("warning").codes, {}
    for lang in ("zh", "en"):
        level = in_language(lang, say_level, codes[int(move["lo"]) - 1], codes[int(move["hi"]) - 1])
        said[lang] = (in_language(lang, flip_condition, case, move), level)
    zh = "级别恰在界限附近：{}，即为{}：该数值是否可靠到一成以内？"
    en = "The level is close to a bound: {} it would be {}. Is that number accurate to within a tenth?"
    return Text(zh=zh.format(*said["zh"]), en=en.format(*said["en"]))


def _judged_steps(case: Case, tornado: pd.DataFrame) -> list[Text]:
    """The uncertain steps that rest on sole judgement and move the level most."""
    weights = dict(zip(tornado["input"], tornado["swing"], strict=True))
    judged = []
    for s in case.scenarios:
        for j, step in enumerate(s.steps, start=1):
            weight = float(weights.get(f"{s.id}.p{j}", 0.0))
            if step.evidence == "sole_judgement" and not isinstance(step.p, Fixed) and weight >= 0.05:
                judged.append((weight, s, j, step))
    judged.sort(key=lambda item: -item[0])
    return [
        Text(
            zh=f"情景“{s.title.zh}”第{j}步（{step.text.zh}）仅凭判断，却对级别影响明显：哪项试验或调查可以确定其概率？",
            en=f"Step {j} of “{s.title.en}” ({step.text.en}) rests on judgement alone and moves the level: "
            "which test or survey would settle its probability?",
        )
        for _, s, j, step in judged[:3]
    ]


def _presumptions(case: Case) -> list[Text]:
    if not case.presumptions:
        return []
    zh = "、".join(in_language("zh", label, "presumption", ground.ground) for ground in case.presumptions)
    en = "; ".join(in_language("en", label, "presumption", ground.ground) for ground in case.presumptions)
    return [
        Text(
            zh=f"推定为严重风险的理由（{zh}）是否成立，有无反证？",
            en=f"Does the ground for presuming a serious risk hold ({en}), or is there evidence against it?",
        )
    ]
