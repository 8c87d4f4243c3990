"""The notebook of port emergencies: whole, the same in both languages, clear about bad folders."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from notebook_reports import check_report

from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.emergency import emergency_sections
from riskkit.workbench.reports.emergency import emergency_sections as emergency
from riskkit.workbench.reports.emergency.emergency_study import study_emergency

EXAMPLE = shipped.home() / "data" / "examples" / "port_emergency"
ON = "2026-05-15"
PARTS = (emergency.emergency_summary, emergency.emergency_levels, emergency.emergency_plan,
         emergency.emergency_goods, emergency.emergency_waste, emergency.emergency_yard,
         emergency.emergency_materials, emergency.emergency_drills, emergency.emergency_log)  # fmt: skip
IDS = [f"emergency-{name}" for name in ("summary", "levels", "plan", "goods", "waste", "yard", "materials",
                                        "drills", "log")]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_notebook_makes_a_report_and_the_same_result_again(tmp_path: Path, lang: str) -> None:
    check_report("port_emergency", tmp_path, lang=lang, parts=[*IDS, "limits", "house-numbers"])


def study(folder: Path | str = "port_emergency", on: str = ON) -> Any:
    return study_emergency(str(folder), on=on)


def test_both_languages_show_the_same_parts_and_numbers() -> None:
    found = study()
    for part in PARTS:
        zh, en = in_language("zh", part, found), part(found)
        assert zh.id == en.id and zh.title != en.title
        if isinstance(zh, Picture):
            assert zh.table.rows == en.table.rows and zh.alt != en.alt
        else:
            assert [len(block.rows) for block in zh.blocks if block.kind == "table"] == [
                len(block.rows) for block in en.blocks if block.kind == "table"
            ]


def test_the_example_says_what_can_be_worked_out_by_hand() -> None:
    found = study()
    decided = found.levels["decision"]
    assert decided.fillna("?").tolist() == ["general", "general", "no_harm", "beyond_read", "?"]
    # 30 injured are not counted by order 493, 9.5 of 10 million yuan are 5 % below the next bound
    assert found.levels.loc["E2", "margin"] == pytest.approx(0.05)
    assert found.matched.loc["L06", "decision"] == "class_conflict"
    assert found.conflicts[["unit_a", "unit_b", "short_m"]].values.tolist() == [
        ["C02", "C03", 3.0], ["C13", "C14", 3.0], ["C04", "C05", 1.0], ["C11", "C12", 1.0]
    ]  # fmt: skip
    of_carbide = found.steps[found.steps["lot"] == "L04"]
    assert of_carbide["rule_id"].tolist() == ["D-01", "D-20", "D-05", "D-06", "D-12"]
    of_scrap = found.steps[(found.steps["lot"] == "L11") & (found.steps["decision"] == "do")]
    assert of_scrap["rule_id"].tolist() == ["W-01", "W-02"]
    assert found.materials["decision"].fillna("?").tolist().count("adequate") == 3
    assert found.gaps["finding"].tolist() == ["step_missing", "no_actor", "out_of_order"]


def test_the_day_decides_what_has_expired() -> None:
    foam = study(on="2026-03-31").materials.iloc[3]
    assert (foam["decision"], foam["n_usable"]) == ("adequate", 2300)
    assert study(on="2026-05-11").gaps.equals(study().gaps)
    assert "in_future" in study(on="2026-05-01").gaps["finding"].tolist()


def changed(tmp_path: Path, **tables: pd.DataFrame | None) -> Path:
    folder = tmp_path / "port"
    shutil.copytree(EXAMPLE, folder)
    for name, table in tables.items():
        path = folder / f"{name}.csv"
        path.unlink()
        if table is not None:
            table.to_csv(path, index=False)
    return folder


def rows(name: str) -> pd.DataFrame:
    return pd.read_csv(EXAMPLE / f"{name}.csv", dtype=object)


def test_a_folder_with_events_alone_shows_levels_alone(tmp_path: Path) -> None:
    nothing = dict.fromkeys(("goods", "un_numbers", "yard", "distances", "needs", "stock", "drills", "log"))
    found = study(changed(tmp_path, **nothing))
    assert found.levels["decision"].notna().sum() == 4
    shown = [part(found) for part in PARTS]
    assert [part.id for part in shown if part is not None] == ["emergency-summary", "emergency-levels"]
    assert "made up" not in str(shown[0])


def test_all_faults_of_all_files_are_listed_at_once(tmp_path: Path) -> None:
    wrong = changed(
        tmp_path,
        events=rows("events").assign(n_deaths="many"),
        stock=rows("stock").assign(n_held="-1"),
        drills=rows("drills").assign(weight="0"),
        yard=rows("yard").assign(**{"class": "12"}),
    )
    with pytest.raises(InputFaults) as caught:
        study(wrong)
    said = str(caught.value)
    for word in ("n_deaths", "n_held", "weight", "class"):
        assert word in said, said


def test_ids_columns_and_folders_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    goods = rows("goods").rename(columns={"is_entered": "is_enterd"})
    with pytest.raises(InputFaults, match=r"(?s)is_enterd.*did you mean is_entered.*May"):
        study(changed(tmp_path / "a", goods=goods), on="May")
    with pytest.raises(InputFaults, match=r"(?s)events: row 2: event_id.*goods: row 1.*log: row 1"):
        study(changed(tmp_path / "b", events=rows("events").assign(event_id="E9")))
    with pytest.raises(InputFaults, match=r"stock\.csv"):
        study(changed(tmp_path / "c", stock=None))
    with pytest.raises(InputFaults, match=r"events\.csv"):
        study(tmp_path)
    with pytest.raises(InputFaults, match="YYYY-MM-DD"):
        study(on="")


def test_a_large_yard_shows_the_units_in_conflict() -> None:
    rng = np.random.default_rng(1)
    places = rng.integers(0, 900, size=(400, 2))
    yard = pd.DataFrame(
        {"unit_id": [f"C{k}" for k in range(400)], "class": "3", "x_m": places[:, 0], "y_m": places[:, 1]}
    )
    conflicts = pd.DataFrame(
        {"unit_a": ["C1", "C2"], "unit_b": ["C3", "C4"], "class_a": "3", "class_b": "3",
         "distance_m": [1.0, 2.0], "min_m": [3.0, 3.0], "short_m": [2.0, 1.0]}
    )  # fmt: skip
    picture = emergency_sections.yard_figure(yard, conflicts)
    assert picture is not None
    drawn = [name for trace in picture.figure["data"] for name in trace.get("customdata", ())]
    assert sorted(drawn) == ["C1", "C2", "C3", "C4"]
    assert "Only 4 of 400 units" in str(picture.figure["layout"]["annotations"])
    assert "C1 and C3" in picture.alt and len(picture.table.rows) == 2


def test_the_example_says_that_it_is_made_up() -> None:
    said = (EXAMPLE.parent / "README.md").read_text(encoding="utf-8")
    assert "port_emergency" in said
