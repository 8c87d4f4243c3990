"""The assessment as a plain record: what ``result.json`` holds and every page is checked against."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from riskkit import __version__
from riskkit.assessment.facts.case_file import Case, Text
from riskkit.case.case import Assessment
from riskkit.case.comparison.differences import say_reason
from riskkit.case.comparison.findings import PRODUCT
from riskkit.case.comparison.methods import Comparison, compare_methods
from riskkit.foundation.inputs.plain_data import plain
from riskkit.foundation.language import in_language
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.tables import records
from riskkit.warning.level_badge import LevelBadge

RESULT_MIME = "application/vnd.riskkit.result+json"
SCHEMA = 1
DIGITS = 10
"""Significant digits of the numbers in a record of a result."""


@dataclasses.dataclass(frozen=True)
class ResultRecord:
    """What a notebook found, as its output: the runner reads it back into ``result.json``."""

    record: dict[str, Any] = dataclasses.field(repr=False)
    text: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "record", plain(self.record, digits=DIGITS))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {RESULT_MIME: self.record, "text/plain": self.text or str(self.record["case"]["id"])}


def found_record(
    kind: str, id_: str, title: Mapping[str, str], *, inputs: Mapping[str, Any], **found: Any
) -> ResultRecord:
    """What a report that is not about a case found: what it is about, from what, and the rest by name."""
    about = {"schema": f"riskkit.{kind}/1", "case": {"id": id_, "title": dict(title)}}
    return ResultRecord({**about, "inputs": {"riskkit": __version__, **inputs}, **found})


def result_record(
    assessment: Assessment, *, seed: int, case_sha256: str | None = None, compared: Comparison | None = None
) -> dict[str, Any]:
    """Everything an assessment says, as JSON-ready values; its methods are compared where nobody has yet."""
    raw = raw_record(assessment, seed=seed, case_sha256=case_sha256, compared=compared)
    return dict(plain(raw, digits=DIGITS))


def raw_record(
    assessment: Assessment, *, seed: int, case_sha256: str | None = None, compared: Comparison | None = None
) -> dict[str, Any]:
    """The same for a `ResultRecord`, which makes plain values of tables and dates itself."""
    a = assessment
    graded = a.lo is not None
    compared = compared or compare_methods(a, rng=np.random.default_rng(seed))
    return {
        "schema": SCHEMA,
        "case": _case(a.case),
        "route": a.route,
        "profile": {"id": a.profile.name, "status": a.profile.status, "sha256": a.profile.sha256},
        "risk": {
            "level": None if a.risk_badge is None else a.risk_badge.level,
            "presumed": a.presumed,
            "probability": a.risk_shares,
            "badge": _badge(a.risk_badge),
        },
        "grades": dict(a.grades.iterrows()),
        "warning": _warning(a),
        "robustness": _text(a.robustness),
        "profiles": a.profiles.rename(columns={"profile": "id"}),
        "scenarios": a.scenarios,
        "flips": a.flips,
        "near_bounds": a.near_bounds,
        "tornado": a.tornado,
        "rules": a.reasons[a.reasons["state"] != "no"] if graded else a.reasons,
        "methods": _methods(compared),
        "experience": None
        if a.experience is None
        else {"scenarios": a.experience.scenarios, "compared": a.experience.compared},
        "missing": list(a.missing),
        "questions": [_text(question) for question in a.questions],
        "house_rows": a.house_rows,
        "inputs": {"case_sha256": case_sha256, "draws": a.draws, "seed": seed, "riskkit": __version__},
    }


def _warning(a: Assessment) -> dict[str, Any]:
    """The level that is shown, the best estimates, and the shares behind them."""
    codes = list(a.shares.index) if a.lo is not None else []
    level = None if a.badge is None or a.badge.is_range() else a.badge.level
    return {
        "level": level,
        "lo": a.lo,
        "hi": a.hi,
        "colour": None if level is None else in_language("en", label, "colour", level),
        "probability": {code: a.shares.at[code, "certain"] for code in codes},
        "possible": {code: a.shares.at[code, "possible"] for code in codes},
        "at_least": {code: a.shares.at[code, "at_least"] for code in codes},
        "badge": _badge(a.badge),
    }


def _badge(badge: LevelBadge | None) -> dict[str, Any] | None:
    if badge is None:
        return None
    may_be = [{"level": level, "probability": share} for level, share in badge.may_be]
    return dataclasses.asdict(badge) | {"may_be": may_be}


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
        "places": [
            {"province": place.province, "port": None if place.port is None else _text(place.port)}
            for place in case.places
        ],
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
            {"reason": reason[0]}
            | {lang: "; ".join(in_language(lang, say_reason, case, reason)) for lang in ("zh", "en")}
            for reason in one.reasons
        ]
        for one in compared.differences
    }
    rows = records(compared.table)
    for row in rows:
        row["reasons"] = why.get(row["method"], []) if row["subject"] == PRODUCT else []
    return rows


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
