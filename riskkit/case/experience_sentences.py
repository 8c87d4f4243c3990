"""Experience in words, zh and en: what is expected, what is known, and what to ask where they differ."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from riskkit.assessment.facts.back_check import QUESTIONED, BackCheck, compared_rows, may_be_questioned
from riskkit.assessment.facts.case_file import Case, Text
from riskkit.case.case_inputs import point_of
from riskkit.foundation.language import in_language, language
from riskkit.foundation.standards.codes import country_name
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.tables import records


def say_count(value: float) -> str:
    """An expected or observed number as people write it.

    Examples
    --------
    >>> say_count(83.03), say_count(0.034)
    ('83', '0.034')
    >>> in_language("zh", say_count, 1e-6), in_language("zh", say_count, float("nan"))
    ('0.01以下', '不详')
    """
    if math.isnan(value):
        return "不详" if language() == "zh" else "not known"
    if 0 < value < 0.01:
        return "0.01以下" if language() == "zh" else "under 0.01"
    if value >= 10 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.2g}"


def say_place(row: Mapping[str, Any]) -> str:
    """Where something was observed.

    Examples
    --------
    >>> say_place({"where": "US"}), in_language("zh", say_place, {"where": ""})
    ('United States', '其他国家（地区）')
    """
    if row["where"]:
        return country_name(row["where"])
    return "其他国家（地区）" if language() == "zh" else "other countries"


def experience_questions(found: BackCheck) -> tuple[Text, ...]:
    """What the committee is asked where the scenarios and experience do not fit together.

    Parameters
    ----------
    found : BackCheck
        As from `back_check`.

    Returns
    -------
    tuple of Text
        One for each place and direction, of the gravest outcome that differs.

    Examples
    --------
    >>> import pandas as pd
    >>> experience_questions(BackCheck(pd.DataFrame(), pd.DataFrame(columns=["state"])))
    ()
    """
    return _questions(records(found.questioned()))


def _questions(rows: Iterable[Mapping[str, Any]]) -> tuple[Text, ...]:
    asked: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in rows:  # the gravest outcome comes first
        asked.setdefault((row["scenario"] + row["where"], row["state"]), row)
    return tuple(_question(row) for row in asked.values())


def questions_at_best(case: Case) -> tuple[Text, ...]:
    """What the committee is asked where the best estimates of a case and experience do not fit together.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> questions_at_best(load_case("drop-side-cribs-2009"))
    ()
    """
    at = {name: np.array([value]) for name, value in point_of(case).items()}
    rows = compared_rows(case, at, at) if may_be_questioned(case, at) else []
    return _questions(row for row in rows if row["state"] in QUESTIONED)


def _question(row: Mapping[str, Any]) -> Text:
    zh, en = ({part: in_language(lang, _part, row, part) for part in _PARTS} for lang in ("zh", "en"))
    if row["state"] == "more_expected":
        return Text(
            zh="与经验不符（{where}，{outcome}）：按各情景概率，至今应已知{expected}（全寿命{expected_life}），实际已知{observed}"
            "（95%区间至{hi}）：哪一步概率过高？若属漏报，则为人所知的不足{share}。".format(**zh),
            en="Experience differs ({where}, {outcome}): by the scenarios {expected} would be known by now "
            "({expected_life} over the life of the units), and {observed} are (95 % interval up to {hi}). "
            "Which step is too probable? If harm goes unreported, less than {share} of it is known.".format(
                **en
            ),
        )
    return Text(
        zh="与经验不符（{where}，{outcome}）：按各情景概率，至今应有{expected}，实际已知{observed}"
        "（95%区间自{lo}）：哪一步概率过低，或缺少哪个情景？".format(**zh),
        en="Experience differs ({where}, {outcome}): by the scenarios {expected} would be expected by now, "
        "and {observed} are known (95 % interval from {lo}). Which step is too improbable, or which "
        "scenario is missing?".format(**en),
    )


_PARTS = ("where", "outcome", "expected", "expected_life", "observed", "lo", "hi", "share")


def _part(row: Mapping[str, Any], part: str) -> str:
    if part == "where":
        return say_place(row)
    if part == "outcome":
        return label("observed_outcome", row["outcome"])
    if part == "share":
        share = 100 * row["hi"] / row["expected"] * row["reported"] if row["expected"] else math.nan
        return f"{share:.2g}%" if language() == "zh" else f"{share:.2g} %"
    return say_count(row[part])
