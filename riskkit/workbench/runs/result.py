"""The assessment as a plain record: what ``result.json`` holds and every page is checked against."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from riskkit import __version__
from riskkit.assessment.case import Assessment
from riskkit.assessment.case_file import Case, Text
from riskkit.assessment.compare import Comparison, compare_methods
from riskkit.assessment.differences import say_reason
from riskkit.assessment.findings import PRODUCT
from riskkit.foundation.glossary import label

RESULT_MIME = "application/vnd.riskkit.result+json"
SCHEMA = 1


def result_record(assessment: Assessment, *, seed: int, case_sha256: str | None = None) -> dict[str, Any]:
    """Everything an assessment says, as JSON-ready values.

    Numbers are rounded to ten significant digits, missing ones are None; there is no clock in it, so the
    same inputs and seed give the same bytes.

    Parameters
    ----------
    assessment : Assessment
        As from `riskkit.assessment.case.assess`.
    seed : int
        Seed of the generator it was made with.
    case_sha256 : str, optional
        Hash of the case file, where there was one.

    Returns
    -------
    dict

    Examples
    --------
    >>> from riskkit.assessment.case import assess, load_case
    >>> a = assess(load_case("note7-battery-2016"), rng=np.random.default_rng(1), draws=200)
    >>> sorted(result_record(a, seed=1))[:4]
    ['case', 'flips', 'grades', 'house_rows']
    """
    a = assessment
    graded = a.lo is not None
    compared = compare_methods(a, rng=np.random.default_rng(seed))
    codes = list(a.shares.index) if graded else []
    warning = {
        "level": a.lo if a.lo == a.hi else None,
        "lo": a.lo,
        "hi": a.hi,
        "colour": label("colour", a.lo, "en") if a.lo is not None and a.lo == a.hi else None,
        "probability": {code: _number(a.shares.at[code, "certain"]) for code in codes},
        "possible": {code: _number(a.shares.at[code, "possible"]) for code in codes},
    }
    return {
        "schema": SCHEMA,
        "case": _case(a.case),
        "route": a.route,
        "profile": {"id": a.profile.name, "status": a.profile.status, "sha256": a.profile.sha256},
        "risk": {
            "level": a.risk,
            "presumed": a.presumed,
            "probability": {k: _number(v) for k, v in a.risk_shares.items()},
        },
        "grades": {factor: _row(row) for factor, row in a.grades.iterrows()},
        "warning": warning,
        "robustness": _text(a.robustness),
        "profiles": [{"id": row.pop("profile")} | row for row in _rows(a.profiles)],
        "scenarios": _rows(a.scenarios),
        "flips": _rows(a.flips),
        "tornado": _rows(a.tornado),
        "rules": _rows(a.reasons[a.reasons["state"] != "no"] if graded else a.reasons),
        "methods": _methods(compared),
        "missing": list(a.missing),
        "questions": [_text(question) for question in a.questions],
        "house_rows": _rows(a.house_rows),
        "inputs": {"case_sha256": case_sha256, "draws": a.draws, "seed": seed, "riskkit": __version__},
    }


def _case(case: Case) -> dict[str, Any]:
    product = case.product
    return {
        "id": case.id,
        "title": _text(case.title),
        "summary": _text(case.summary),
        "problem": None if case.problem is None else _text(case.problem),
        "goods": case.goods,
        "direction": case.direction,
        "jurisdiction": case.jurisdiction,
        "origin": list(product.origin),
        "channels": list(case.channels),
        "hazard_classes": list(case.hazard_classes()),
        "hs": list(product.hs),
        "product": _text(product.name),
        "brand": product.brand,
        "assessed_on": case.assessed_on.isoformat(),
    }


def _methods(compared: Comparison) -> list[dict[str, Any]]:
    """Every finding, and why a method differs from the EU grid in both languages."""
    case = compared.assessment.case
    why = {
        one.method: [
            {"reason": reason[0]} | {lang: "; ".join(say_reason(case, reason, lang)) for lang in ("zh", "en")}
            for reason in one.reasons
        ]
        for one in compared.differences
    }
    rows = _rows(compared.table)
    for row in rows:
        row["reasons"] = why.get(row["method"], []) if row["subject"] == PRODUCT else []
    return rows


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [_row(row) for _, row in table.iterrows()]


def _row(row: pd.Series) -> dict[str, Any]:
    return {str(name): _value(value) for name, value in row.items()}


def _value(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_value(part) for part in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    return (
        _number(value) if isinstance(value, float | np.floating) else (None if value is None else str(value))
    )


def _number(value: Any) -> float | None:
    number = float(value)
    return float(f"{number:.10g}") if math.isfinite(number) else None
