"""Cases built from real public records: a CPSC recall, an EU Safety Gate alert, NEISS injuries."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
from shared import shared

HEAD = """schema = 1
id = {id}
title = {{ zh = {zh}, en = {en} }}
summary = {{ zh = {zh_summary}, en = {summary} }}
assessed_on = {day}
jurisdiction = {jurisdiction}
goods = "consumer_product"
direction = "export"
channels = ["retail"]
product.name = {{ zh = {zh}, en = {en} }}
product.hs = [{hs}]
product.origin = {origin}
product.description = {{ zh = {zh}, en = {text} }}
exposure.users = {{ zh = "家庭使用", en = "Home use" }}
exposure.lifetime_years = {{ value = {{ low = 1, mode = 5, high = 10 }}, basis = "judgement" }}
[[sources]]
id = "record"
publisher = {{ zh = {zh_publisher}, en = {publisher} }}
year = {year}
document = {document}
[[hazards]]
id = "hazard"
hazard_class = "physical"
group = {group}
agent = "none"
description = {{ zh = {zh}, en = {text} }}
"""
SCENARIO = """[[scenarios]]
id = {id}
hazard = "hazard"
title = {{ zh = {zh}, en = {en} }}
harm = "health"
injury = {injury}
severity = {severity}
severity_reason = {{ zh = "按记录", en = "As recorded" }}
users = {users}
"""
STEP = """[[scenarios.steps]]
text = {{ zh = {zh}, en = {en} }}
p = {p}
evidence = {evidence}
basis = {basis}
source = ["record"]
"""


def _toml(template: str, **values: Any) -> str:
    return template.format(
        **{
            key: value if key in ("day", "year", "p", "severity") else json.dumps(value, ensure_ascii=False)
            for key, value in values.items()
        }
    )


def _facts(**facts: str) -> str:
    return "".join(
        f'[facts.{name}]\nvalue = {value}\nbasis = "fact"\nsource = ["record"]\n'
        for name, value in facts.items()
    )


def _steps(*steps: tuple[str, str, str, str]) -> str:
    return "".join(
        _toml(
            STEP,
            zh=zh,
            en=en,
            p=p,
            evidence="some_data" if basis == "fact" else "sole_judgement",
            basis=basis,
        )
        for zh, en, p, basis in steps
    )


def cpsc_juicer() -> str:
    """A juicer made in China: 117,000 units, 34 breakages, 34 persons hurt, one operated on."""
    recalls = pd.read_csv(shared("data", "cpsc_recalls", "appliance_recalls_1973_2014.csv.gz"))
    one = recalls[recalls["recall_number"] == "02-204"].iloc[0]
    units = int(one["units_number"])
    head = _toml(
        HEAD,
        id="cpsc-02-204",
        zh="榨汁机",
        en=one["name_of_product"],
        zh_summary="榨汁机滤网破裂，割伤使用者。",
        summary=one["incidents"],
        day=one["date"],
        jurisdiction="US",
        hs="850940",
        origin=["CN"],
        text=one["hazard_description"],
        zh_publisher="美国消费品安全委员会",
        publisher="US Consumer Product Safety Commission",
        year=int(one["date"][:4]),
        document=f"Recall {one['recall_number']}: {one['recall_heading']}",
        group="kinetic_energy",
    )
    scenario = _toml(
        SCENARIO,
        id="cut",
        zh="碎片割伤",
        en="Flying parts cut the user",
        injury="laceration",
        severity='{ "1" = 0.75, "2" = 0.22, "3" = 0.03 }',
        users="general",
    )
    steps = _steps(
        ("滤网破裂", "The filter breaks", f"{{ events = 34, trials = {units} }}", "fact"),
        ("碎片击中使用者", "Parts hit the user", "{ low = 0.7, mode = 0.9, high = 1 }", "judgement"),
        ("受伤", "The user is cut", "{ low = 0.8, mode = 0.95, high = 1 }", "judgement"),
    )
    return (
        head
        + scenario
        + steps
        + _facts(
            units_on_market=str(units),
            n_reports="34",
            injured="34",
            serious_injuries="1",
            deaths="0",
            n_provinces="50",
            is_on_sale="false",
        )
    )


def safety_gate_hair_dryer() -> str:
    """A hair dryer from China notified by Poland: insulation, electric shock; counts unknown."""
    alerts = pd.read_csv(shared("data", "eu_safety_gate", "alerts_sample.csv.gz"))
    one = alerts[alerts["alert_number"] == "A11/00108/24"].iloc[0]
    head = _toml(
        HEAD,
        id="safety-gate-a11-00108-24",
        zh="旅行吹风机",
        en=one["product_name"],
        zh_summary="绝缘不足，可能触电。",
        summary=one["risk_description"],
        day="2024-08-01",
        jurisdiction="EU",
        hs="851631",
        origin=["CN"],
        text=one["risk_description"],
        zh_publisher="欧盟委员会（Safety Gate）",
        publisher="European Commission (Safety Gate)",
        year=2024,
        document=f"Safety Gate alert {one['alert_number']}",
        group="electrical_energy",
    )
    scenario = _toml(
        SCENARIO,
        id="shock",
        zh="触电",
        en="Electric shock",
        injury="electric_shock",
        severity=4,
        users="general",
    )
    steps = _steps(
        (
            "外壳破损露出带电部件",
            "The casing breaks and bares live parts",
            "{ low = 1e-4, mode = 1e-3, high = 1e-2 }",
            "judgement",
        ),
        ("通电时触及", "They are touched while live", "{ low = 0.05, mode = 0.2, high = 0.5 }", "judgement"),
        ("电击致死", "The shock kills", "{ low = 1e-3, mode = 1e-2, high = 5e-2 }", "judgement"),
    )
    return head + scenario + steps + _facts(is_on_sale="false")


def neiss_bunk_beds() -> str:
    """Falls from bunk beds: national injuries a year over the population, and how many were admitted."""
    folder = shared("data", "neiss")
    estimates = pd.read_csv(folder / "product_year_estimates_2010_2018.csv.gz")
    beds = estimates[
        estimates["product_name"].str.contains("BUNK BEDS", case=False) & (estimates["year"] == 2018)
    ]
    injuries = round(float(beds["national_estimate"].sum()))
    population = pd.read_csv(folder / "us_population_by_year_sex_age_2002_2021.csv.gz")
    people = int(
        population.loc[(population["year"] == 2018) & population["age"].between(3, 14), "value"].sum()
    )
    cases = pd.read_csv(folder / "case_sample_2017_2019.csv.gz")
    names = cases[["Product_1", "Product_2", "Product_3"]].fillna("").agg(" ".join, axis=1)
    own = cases[names.str.contains("BUNK BEDS")]
    admitted = int(own["Disposition"].str.contains("ADMITTED").sum())
    head = _toml(
        HEAD,
        id="neiss-bunk-beds-2018",
        zh="双层床",
        en="Bunk bed",
        zh_summary="儿童从上铺跌落。",
        summary="Children fall from the top.",
        day="2018-12-31",
        jurisdiction="US",
        hs="940350",
        origin=["CN", "US"],
        text="Falls from the upper bed",
        zh_publisher="美国消费品安全委员会（NEISS）",
        publisher="US CPSC, NEISS",
        year=2018,
        group="potential_energy",
        document="NEISS national estimates 2018 and case sample 2017–2019",
    )
    scenario = _toml(
        SCENARIO,
        id="fall",
        zh="跌落骨折",
        en="Fall and fracture",
        injury="fracture",
        severity=3,
        users="vulnerable",
    )
    steps = _steps(
        (
            "儿童使用双层床",
            "A child sleeps in a bunk bed",
            "{ low = 0.05, mode = 0.1, high = 0.2 }",
            "judgement",
        ),
        (
            "一年内因此就诊",
            "Treated for it within a year",
            f"{{ events = {injuries}, trials = {people // 10} }}",
            "fact",
        ),
        (
            "伤重住院",
            "Hurt badly enough to be admitted",
            f"{{ events = {admitted}, trials = {len(own)} }}",
            "fact",
        ),
    )
    return (
        head
        + scenario
        + steps
        + _facts(
            injured=str(injuries),
            deaths="0",
            is_on_sale="true",
            n_provinces="50",
            is_spreading="false",
            is_beyond_capacity="false",
        )
    )


BUILDERS = {
    "cpsc-02-204": cpsc_juicer,
    "safety-gate-a11-00108-24": safety_gate_hair_dryer,
    "neiss-bunk-beds-2018": neiss_bunk_beds,
}
