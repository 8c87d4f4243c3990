"""The notebook of the response plan: a report in both languages, and what it makes of a case and its consignments."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from in_process import IN_PROCESS

from riskkit.case.case import Assessment, assess
from riskkit.case.case_reading import load_case
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.workbench.document.reading import read_notebook
from riskkit.workbench.reports.measures import measure_report as measures
from riskkit.workbench.reports.measures.measure_report import case_facts, open_consignments, study_measures
from riskkit.workbench.runs.folders.resources import notebook
from riskkit.workbench.runs.lists import Request
from riskkit.workbench.runs.planning import Wishes, plan_request
from riskkit.workbench.runs.runner import run_notebook

PARTS = ["summary", "facts", "decisions", "conflicts", "missing", "orders", "lifting"]
LAMPS, DAY = "desk-lamps-cbec-2019", "2026-05-01"


@functools.cache
def assessed(case: str) -> Assessment:
    return assess(load_case(case), rng=np.random.default_rng(1), draws=500)


def study(case: str = LAMPS, facts: str = "consignments", on: str = DAY) -> Any:
    return study_measures(assessed(case), open_consignments(facts), on=on)


def decisions(found: Any, subject: str) -> dict[str, str]:
    own = found.measures["decision"].xs(subject)
    return {str(name): str(value) for name, value in own[own != "not_called_for"].items()}


@pytest.mark.slow
def test_the_report_in_both_languages_from_one_record(tmp_path: Path) -> None:
    given = {"facts": "consignments", "on": DAY, "draws": 500}
    records = []
    for lang in ("zh", "en"):
        wishes = Wishes(tmp_path, lang, notebook="response_plan", given=given)
        plan = plan_request(Request("", LAMPS, {}), wishes)
        done = run_notebook(notebook("response_plan"), plan.case, given, out=tmp_path / lang, lang=lang,
                            engine=IN_PROCESS)  # fmt: skip
        assert done.status == "done", done.error
        reading = in_language(
            lang, read_notebook, nbformat.read(done.folder / "executed.ipynb", as_version=4)
        )
        assert (reading.failures, reading.notes) == ((), ())
        ids = [part.id for part in reading.parts if not hasattr(part, "traceback")]
        assert ids == [*(f"measures-{name}" for name in PARTS), "limits"]
        records.append((done.folder / "result.json").read_bytes())
    assert records[0] == records[1]
    result = json.loads(records[0])
    assert (result["schema"], result["levels"]) == ("riskkit.measures/1", ["Ⅲ"])
    assert [row["measure"] for row in result["orders"] if row["last_day"]] == ["seizure"]


def test_measures_of_each_consignment_follow_its_facts_and_those_of_the_case() -> None:
    found = study()
    shared = {"trace_investigation": "take", "tightened_supervision": "take"}
    assert decisions(found, "S-01") == shared | {"relocation_guarantee": "take"}
    more = {"restrict_trade": "take", "seizure": "take", "return_shipment": "superseded"}
    assert decisions(found, "S-02") == shared | more
    assert decisions(found, "S-03") == shared | {
        "return_shipment": "barred",
        "destroy": "prerequisite_missing",
    }
    assert found.orders.set_index(["subject", "measure"]).loc[
        ("S-02", "seizure"), "last_day"
    ] == pd.Timestamp("2026-05-31")
    shown = measures.measures_missing(found)
    assert shown is not None and "lots and models are identified" in str(shown)
    conflicts = measures.measures_conflicts(found)
    assert conflicts is not None and "seizure comes first" in str(conflicts)
    orders = in_language("zh", measures.measures_orders, found)
    assert orders is not None and "查封扣押决定书和清单" in str(orders)


def test_a_case_alone_gives_only_what_it_states() -> None:
    case = load_case("note7-battery-2016")
    assert case_facts(case) == {"is_import": 1, "is_on_market": 1, "is_defect": 1, "is_banned": 0}
    found = study("note7-battery-2016", "", "")
    assert found.on == case.assessed_on and list(found.orders["operator"].unique()) == [case.product.importer]
    assert decisions(found, case.id)["credit_downgrade"] == "undecided", "conduct is unknown, not good"
    assert "all else is unknown" in str(measures.measures_summary(found))


def test_on_a_day_before_the_rule_on_recall_the_report_says_that_there_was_none() -> None:
    found = study("note7-battery-2016", "", "2016-09-15")
    assert found.no_rule == ("recall",)
    assert "recall of defective goods" in str(measures.measures_summary(found))
    assert study("note7-battery-2016", "", DAY).no_rule == ()


def test_where_possible_levels_differ_the_level_is_settled_first() -> None:
    found = assessed(LAMPS)
    assert found.badge is not None
    import dataclasses

    wide = dataclasses.replace(found, badge=dataclasses.replace(found.badge, level_hi="Ⅱ"))
    plan = study_measures(wide, open_consignments("consignments"), on=DAY)
    assert plan.levels == ("Ⅲ", "Ⅱ")
    mixed = plan.measures.loc[("S-01", "relocation_guarantee")]
    assert (mixed["decision"], mixed["missing"], mixed["rule_id"]) == ("undecided", "level", "")
    assert plan.measures.loc[("S-01", "tightened_supervision"), "decision"] == "take"
    assert "more than one warning level" in str(measures.measures_summary(plan))


def test_food_that_is_not_graded_has_an_unknown_level() -> None:
    found = study("melamine-milk-2008", "", "")
    assert found.levels == () and decisions(found, "melamine-milk-2008")["ban_trade"] == "undecided"
    assert "未知" in str(in_language("zh", measures.measures_facts, found))


def own(tmp_path: Path, **columns: list[object]) -> str:
    path = tmp_path / "facts.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return str(path)


def test_a_fact_of_the_table_goes_before_that_of_the_case_and_markup_stays_text(tmp_path: Path) -> None:
    path = own(tmp_path, consignment=["<b>x</b>"], port=[2201], operator=[None], level=[4], is_on_market=[0])
    found = study(facts=path)
    assert found.facts.iloc[0][["level", "is_on_market", "is_nonconforming"]].tolist() == [4, 0, 1]
    assert found.measures.loc[("<b>x</b>", "ban_trade"), "decision"] == "take"
    page = measures.measures_facts(found)._repr_mimebundle_()["text/html"]
    assert "<b>x</b>" not in page and "&lt;b&gt;x" in page


def test_every_fault_of_a_table_is_listed_at_once(tmp_path: Path) -> None:
    path = own(tmp_path, consignment=["a", "a", None], port=[1, 2, 3], colour=["red"] * 3)
    with pytest.raises(InputFaults) as error:
        study(facts=path)
    places = [fault.place for fault in error.value.faults]
    assert places == [
        "facts: colour",
        "facts: operator",
        "facts: row 3: consignment",
        "facts: row 2: consignment",
    ]
    path = own(tmp_path, consignment=["a"], port=[1], operator=["x"], level=[9], is_banned=["maybe"])
    with pytest.raises(InputFaults, match="level") as error:
        study(facts=path)
    assert len(error.value.faults) == 2


def test_a_plan_takes_the_table_along_and_refuses_what_is_none(tmp_path: Path) -> None:
    content = (shipped.home() / "data" / "examples" / "consignments.csv").read_bytes()
    (tmp_path / "mine.csv").write_bytes(content)
    wishes = Wishes(tmp_path / "out", "zh", notebook="response_plan", folder=tmp_path)
    plan = plan_request(Request("", LAMPS, {"facts": "mine.csv"}), wishes)
    assert plan.parameters["facts"] == "facts.csv" and plan.input_files["facts.csv"] == content
    for wrong in ("none.csv", "mine", "../mine.csv.exe"):
        with pytest.raises(InputFaults):
            plan_request(Request("", LAMPS, {"facts": wrong}), wishes)
