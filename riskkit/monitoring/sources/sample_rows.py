"""The rows of the made register: goods, places, days, and reports of other kinds than tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.standards import standards

SYNTHETIC = "合成数据，非真实记录（synthetic）"
_YEARS = (2021, 2025)
_REGIONS = ("上海市", "江苏省", "浙江省", "广东省", "山东省", "四川省", "湖北省", "北京市")


def drawn(
    rng: np.random.Generator, words: Sequence[Any], size: int, *, weights: Sequence[float] | None = None
) -> NDArray[Any]:
    """Words at random, with or without weights.

    Examples
    --------
    >>> drawn(np.random.default_rng(0), ["a"], 2).tolist()
    ['a', 'a']
    """
    p = None if weights is None else np.asarray(weights, dtype=np.float64) / np.sum(weights)
    return np.asarray(words, dtype=object)[rng.choice(len(words), size, p=p)]


def numbered(what: str, size: int) -> list[str]:
    """Numbers that say at once that a row is made.

    Examples
    --------
    >>> numbered("x", 2)
    ['SYN-x-000001', 'SYN-x-000002']
    """
    return [f"SYN-{what}-{number:06d}" for number in range(1, size + 1)]


def days(
    rng: np.random.Generator, size: int, years: tuple[int, int], *, only_workdays: bool
) -> NDArray[np.datetime64]:
    """Days of some years, more of them in autumn, fewer or none at weekends.

    Examples
    --------
    >>> found = days(np.random.default_rng(0), 50, (2020, 2020), only_workdays=True)
    >>> bool(np.is_busday(found).all()), str(found.min())[:4]
    (True, '2020')
    """
    every = np.arange(f"{years[0]}-01-01", f"{years[1] + 1}-01-01", dtype="datetime64[D]")
    of_year = (every - every.astype("datetime64[Y]")).astype(np.int64)
    season = 1 + 0.35 * np.cos(2 * np.pi * (of_year - 290) / 365.25)
    weight = season * np.where(np.is_busday(every), 1.0, 0.0 if only_workdays else 0.7)
    found: NDArray[np.datetime64] = every[rng.choice(len(every), size, p=weight / weight.sum())]
    return found


def plus_days(day: NDArray[np.datetime64], lag: NDArray[np.float64]) -> NDArray[np.datetime64]:
    """Days that come later by so many days, fractions cut off.

    Examples
    --------
    >>> plus_days(np.array(["2020-02-28"], dtype="datetime64[D]"), np.array([2.9])).astype(str).tolist()
    ['2020-03-01']
    """
    later: NDArray[np.datetime64] = day + np.asarray(lag, dtype=np.float64).astype("timedelta64[D]")
    return later


def goods(rng: np.random.Generator, size: int, products: str) -> dict[str, Any]:
    """Goods of one group with their brand, maker and origin, and what could be wrong with them.

    Examples
    --------
    >>> sorted(goods(np.random.default_rng(0), 2, "toy_adapter"))[:3]
    ['brand', 'consignor', 'hazard']
    """
    table = standards.table("sample_products")
    of = table[table["products"] == products]
    at = of.iloc[rng.choice(len(of), size, p=of["weight"] / of["weight"].sum())].reset_index(drop=True)
    brands = standards.table("sample_brands")
    brand = brands.iloc[rng.choice(len(brands), size, p=brands["weight"] / brands["weight"].sum())]
    origins = standards.table("sample_origins")
    origin = origins.iloc[rng.choice(len(origins), size, p=origins["weight"] / origins["weight"].sum())]
    serial = rng.integers(1, 40, size)
    return {
        "product": at["product_zh"],
        "product_group": at["group_zh"],
        "hs": at["hs"],
        "brand": brand["written"].reset_index(drop=True).where(rng.random(size) > 0.04),
        "maker": pd.Series([f"示例工厂{number:02d}" for number in serial]),
        "consignor": pd.Series([f"Example Trading {number:02d}" for number in serial % 23]),
        "origin": origin["name_read"].reset_index(drop=True),
        "lot": pd.Series([f"L{number:05d}" for number in rng.integers(1, 99_999, size)]),
        "hazard": at["hazard_zh"],
        "hazard_class": at["hazard_class"],
        "measured_unit": at["unit"].mask(at["unit"] == ""),
        "limit_value": at["limit_value"].map(lambda limit: f"{limit:g}", na_action="ignore"),
        "relative_risk": origin["relative_risk"].reset_index(drop=True),
    }


def places(rng: np.random.Generator, size: int, *, is_border: bool) -> dict[str, Any]:
    """Customs district, port and region of a row; only the region away from the border.

    Examples
    --------
    >>> list(places(np.random.default_rng(0), 1, is_border=False))
    ['customs_district', 'port', 'region']
    """
    table = standards.table("sample_places")
    at = table.iloc[rng.choice(len(table), size, p=table["weight"] / table["weight"].sum())]
    at = at.reset_index(drop=True)
    region = at["region_zh"] if is_border else pd.Series(drawn(rng, _REGIONS, size))
    return {"customs_district": at["customs_district"], "port": at["port_zh"], "region": region}


def made_reports(sheet: str, size: int, rng: np.random.Generator) -> pd.DataFrame:
    """Complaints, injury cards, defect reports or laboratory reports.

    Raises
    ------
    KeyError
        When the sheet is none of these.

    Examples
    --------
    >>> made_reports("complaint", 3, np.random.default_rng(0))["complaint_no"].tolist()[0]
    'SYN-complaint-000001'
    """
    makers = {
        "complaint": _complaints,
        "injury_card": _injury_cards,
        "defect_report": _defects,
        "laboratory_report": _laboratory,
    }
    out = {**makers[sheet](rng, size, _mixed_goods(rng, size)), "remark": [SYNTHETIC] * size}
    return pd.DataFrame(out).astype("string")


def _mixed_goods(rng: np.random.Generator, size: int) -> dict[str, Any]:
    parts = [size // 2, size // 3, size - size // 2 - size // 3]
    several = [
        pd.DataFrame(goods(rng, part, group))
        for part, group in zip(parts, ("consumer", "children", "food_contact"), strict=True)
    ]
    mixed = pd.concat(several, ignore_index=True).iloc[rng.permutation(size)].reset_index(drop=True)
    return {str(name): mixed[name] for name in mixed.columns}


def _named(of: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: of[name] for name in names}


def _complaints(rng: np.random.Generator, size: int, of: dict[str, Any]) -> dict[str, Any]:
    """One in ten tells again, through another line, what the complaint before it told."""
    event = days(rng, size, _YEARS, only_workdays=False)
    line = drawn(rng, ["12315", "12365", "platform", "visit"], size, weights=[6, 2, 2, 1])
    hurt = rng.poisson(0.15, size)
    again = np.flatnonzero(rng.random(size) < 0.1)
    again = again[again > 0]
    told = {
        name: pd.Series(of[name]).copy() for name in ("product", "product_group", "maker", "origin", "lot")
    }
    for column in told.values():
        column.iloc[again] = column.iloc[again - 1].to_numpy()
    event[again], hurt[again] = event[again - 1], hurt[again - 1]
    hazard, kind = pd.Series(of["hazard"]).copy(), pd.Series(of["hazard_class"]).copy()
    hazard.iloc[again], kind.iloc[again] = hazard.iloc[again - 1].to_numpy(), kind.iloc[again - 1].to_numpy()
    return {
        "complaint_no": numbered("complaint", size),
        "complaint_date": plus_days(event, rng.gamma(1.0, 5.0, size) + 90 * (rng.random(size) < 0.02)),
        "incident_date": pd.Series(event.astype(str)).where(rng.random(size) > 0.15),
        "line": line,
        "region": drawn(rng, _REGIONS, size),
        "channel": drawn(
            rng, ["online_marketplace", "retail", "cross_border_ecommerce"], size, weights=[5, 4, 1]
        ),
        "seller": [f"示例网店{number:02d}" for number in rng.integers(1, 60, size)],
        **told,
        "brand": of["brand"],
        "matter": "消费者反映" + told["product"] + "存在" + hazard + "问题",
        "hazard": hazard,
        "hazard_class": kind.where(rng.random(size) > 0.2),
        "injury": pd.Series(drawn(rng, ["laceration", "burn", "irritation", "bruising"], size)).where(
            hurt > 0
        ),
        "n_injured": hurt.astype(str),
        "n_dead": ["0"] * size,
        "demand": drawn(rng, ["退货", "赔偿", "更换", "查处"], size),
    }


def _injury_cards(rng: np.random.Generator, size: int, of: dict[str, Any]) -> dict[str, Any]:
    day = days(rng, size, _YEARS, only_workdays=False)
    age = np.where(rng.random(size) < 0.35, rng.gamma(1.5, 2.5, size), 14 + rng.gamma(2.2, 12.0, size))
    return {
        "card_no": numbered("card", size),
        "hospital": drawn(rng, [f"H{number:02d}" for number in range(1, 13)], size),
        "visit_date": plus_days(day, rng.gamma(0.5, 2.0, size)),
        "injury_date": day,
        "region": drawn(rng, _REGIONS, size),
        "sex": drawn(rng, ["male", "female"], size, weights=[56, 44]),
        "age_years": pd.Series(np.minimum(age, 99).round(1)).astype(str),
        "cause": drawn(
            rng,
            ["fall", "blunt", "sharp", "burn", "poisoning", "other"],
            size,
            weights=[40, 20, 18, 9, 3, 10],
        ),
        "place": drawn(
            rng, ["home", "school", "road", "sports", "unknown"], size, weights=[55, 15, 12, 12, 6]
        ),
        "intent": drawn(rng, ["unintentional", "violence", "unknown"], size, weights=[94, 3, 3]),
        "nature": drawn(
            rng,
            ["bruising", "laceration", "fracture", "sprain", "burn", "concussion"],
            size,
            weights=[34, 26, 16, 12, 9, 3],
        ),
        "body_part": drawn(
            rng, ["upper_limb", "lower_limb", "head", "trunk", "multiple"], size, weights=[35, 28, 25, 8, 4]
        ),
        "severity": drawn(rng, ["minor", "moderate", "severe"], size, weights=[84, 14, 2]),
        "outcome": drawn(
            rng, ["released", "observed", "admitted", "died", "unknown"], size, weights=[880, 60, 55, 1, 4]
        ),
        **_named(of, "product", "product_group", "brand", "maker", "origin", "hazard_class"),
        "mechanism": of["hazard"],
        "narrative": "使用" + pd.Series(of["product"]) + "时受伤",
        "stratum": drawn(rng, ["城市", "县"], size, weights=[2, 1]),
        "weight": drawn(rng, ["12.5", "31.0", "58.4"], size),
    }


def _defects(rng: np.random.Generator, size: int, of: dict[str, Any]) -> dict[str, Any]:
    found = days(rng, size, _YEARS, only_workdays=True)
    return {
        "report_no": numbered("defect", size),
        "report_day": plus_days(found, rng.gamma(2.0, 8.0, size)),
        "found_date": found,
        "reporter": [f"示例进口公司{number:02d}" for number in rng.integers(1, 30, size)],
        "role": drawn(rng, ["importer", "producer", "seller", "platform"], size, weights=[4, 4, 2, 1]),
        **_named(of, "maker", "consignor", "product", "product_group", "hs", "brand", "lot", "origin"),
        "region": drawn(rng, _REGIONS, size),
        "n_units": np.round(10 ** rng.uniform(1.5, 5, size)).astype(np.int64).astype(str),
        "defect": pd.Series(of["product"]) + "的" + pd.Series(of["hazard"]) + "不符合要求",
        **_named(of, "hazard", "hazard_class"),
        "n_injured": rng.poisson(0.1, size).astype(str),
        "n_dead": ["0"] * size,
        "measure": drawn(rng, ["recall", "stop_sale", "warn", "none"], size, weights=[4, 3, 1, 2]),
    }


def _laboratory(rng: np.random.Generator, size: int, of: dict[str, Any]) -> dict[str, Any]:
    day = days(rng, size, _YEARS, only_workdays=True)
    tested = rng.integers(1, 6, size)
    return {
        "report_no": numbered("laboratory", size),
        "test_date": day,
        "report_date": plus_days(day, rng.gamma(2.0, 3.0, size)),
        "laboratory": [f"示例检测中心{number}" for number in rng.integers(1, 10, size)],
        "client": [f"示例贸易公司{number:02d}" for number in rng.integers(1, 50, size)],
        **_named(of, "product", "product_group", "hs", "brand", "maker", "lot", "origin"),
        "n_tested": tested.astype(str),
        "n_nonconforming": (1 + rng.binomial(tested - 1, 0.3)).astype(str),
        **_named(of, "hazard", "hazard_class"),
    }
