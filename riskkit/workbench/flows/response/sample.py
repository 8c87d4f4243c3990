"""Lives to look at where there is no ledger: made up, and said to be so in every reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

_WHY = "示例 sample"
_OPERATOR = ("plan_filed", "started", "stage_reported", "applied")
_KETTLE = {
    "port": "2201",
    "operator": "甲公司 Firm A",
    "title_zh": "电热水壶",
    "title_en": "electric kettles",
}
_CHAIR = {"port": "5301", "operator": "乙公司 Firm B", "title_zh": "儿童椅", "title_en": "children’s chairs"}
_BANK = {"port": "5301", "operator": "丙公司 Firm C", "title_zh": "移动电源", "title_en": "power banks"}
_LAMP = {"port": "3100", "operator": "戊公司 Firm E", "title_zh": "灯具", "title_en": "lamps"}
_SMOKE = {"port": "5301", "title_zh": "集装箱冒烟", "title_en": "smoking container"}
# subject → what it is about, units, (days ago, units done) of its plan and reports
_RECALLS: Mapping[str, tuple[Mapping[str, str], int, Sequence[tuple[int, int]]]] = {
    "r-2601": (_KETTLE, 12_400, ((190, 0), (110, 5_100), (40, 8_900))),
    "r-2602": (_CHAIR, 3_100, ((190, 0), (100, 900))),
    "r-2603": (_BANK, 56_000, ((330, 0), (240, 30_000), (150, 41_000), (60, 47_500))),
    "r-2604": (_LAMP, 800, ((20, 0),)),
}
# subject → what it is about, the measure, days ago of the proposal, how many steps were taken
_MEASURES: Mapping[str, tuple[Mapping[str, str], str, int, int]] = {
    "m-2611": (_KETTLE, "suspend_sale", 200, 6),
    "m-2612": (_CHAIR, "tightened_supervision", 90, 4),
    "m-2613": (_LAMP, "return_shipment", 20, 2),
    "m-2614": (_BANK, "seizure", 8, 3),
    "m-2615": (_CHAIR, "trace_investigation", 4, 1),
    "m-2616": (_LAMP | {"port": "2201"}, "restrict_trade", 2, 1),
}


def sample_acts(now: dt.datetime) -> dict[str, pd.DataFrame]:
    """Acts of a few made-up lives in the months before a moment, by flow."""
    day = now.astimezone(dt.UTC).replace(hour=1, minute=0, second=0, microsecond=0)
    flows = {
        "recall": [act for name in _RECALLS for act in _recall(name)],
        "measure": [act for name in _MEASURES for act in _measure(name)],
        "emergency": [
            _act("e-2621", "reported", 1, who="Li", **_SMOKE),
            _act("e-2621", "assessed", 0.95, who="Li", level=1),
        ],
        "referral": [
            _act("t-2631", "reported", 6, who="Li", **_KETTLE),
            _act("t-2631", "transfer_decided", 5, who="Wang"),
        ],
        "credit_repair": [_act("c-2641", "applied", 15, who="Firm E", operator=_LAMP["operator"])],
    }
    found = {}
    for name, acts in flows.items():
        table = pd.DataFrame(acts)
        table["at"] = day - pd.to_timedelta(table.pop("ago"), unit="D")
        if "due_ago" in table:
            table["due_at"] = day - pd.to_timedelta(table.pop("due_ago"), unit="D")
        found[name] = table.sort_values("at", kind="stable", ignore_index=True)
    return found


def _act(subject: str, event: str, ago: float, *, who: str, **more: Any) -> dict[str, Any]:
    role = "operator" if event in _OPERATOR else "authority"
    known = {"subject": subject, "event": event, "ago": ago, "who": who, "role": role}
    return known | {"reason": _WHY, "evidence": _WHY} | more


def _recall(name: str) -> list[dict[str, Any]]:
    about, units, reports = _RECALLS[name]
    who, begun = about["operator"], reports[0][0]
    acts = [
        _act(name, "plan_filed", begun, who=who, n_affected=units, **about),
        _act(name, "started", begun - 1, who=who),
    ]
    counts = ({"n_affected": units, "n_completed": done} for _, done in reports[1:])
    return acts + [
        _act(name, "stage_reported", ago, who=who, **given)
        for (ago, _), given in zip(reports[1:], counts, strict=True)
    ]


def _measure(name: str) -> list[dict[str, Any]]:
    about, measure, ago, n_taken = _MEASURES[name]
    acts = [
        _act(name, "proposed", ago, who="Li", measure=measure, **about),
        _act(name, "ordered", ago - 1, who="Wang", due_ago=ago - 7),
        _act(name, "executed", ago - 3, who=about["operator"]),
        _act(name, "reviewed", ago - 30, who="Wang"),
        _act(name, "reviewed", ago - 58, who="Wang"),
        _act(name, "lifted", ago - 80, who="Zhao", effect_agrees=True, has_consent=True),
    ]
    return acts[:n_taken]
