"""The report of supervision: whole, in both languages, clear about bad files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.workbench.document.text_tables import limits
from riskkit.workbench.reports.supervision import modes_report as modes
from riskkit.workbench.reports.supervision import modes_study

HAN = re.compile(r"[㐀-鿿]")
EXAMPLES = shipped.home() / "data" / "examples"
GIVEN = {"on": "2026-05-01", "secret": "correct horse battery", "public": "2026-118"}
PARTS = (modes.modes_summary, modes.modes_table, modes.modes_procedures, modes.modes_rates, modes.modes_lots, modes.modes_certificates,
         modes.modes_fairness, modes.modes_draw)  # fmt: skip


@pytest.fixture(scope="module")
def study() -> Any:
    return modes_study.study_modes(**GIVEN)


def changed(tmp_path: Path, name: str, **columns: object) -> str:
    rows = pd.read_csv(EXAMPLES / f"{name}.csv", dtype=object).assign(**columns)
    path = tmp_path / f"{name}.csv"
    rows.to_csv(path, index=False)
    return str(path)


def test_the_example_shows_every_mode_within_the_hours_and_over_the_floors(study: Any) -> None:
    assert set(study.modes["applied"]) == {"special", "strict", "general", "verification", "credit"}
    used = study.rates["hours"].groupby(study.subjects["port"]).sum()
    assert all(used[port] <= hours + 1e-9 for port, hours in study.hours.items())
    assert (study.rates["rate_inspected"] >= study.modes["rate_floor"] - 1e-9).all()
    work = (study.subjects["n_lots"] * study.subjects["hours_per_lot"] * study.rates["rate_random"]).groupby(
        study.subjects["port"]
    )
    assert all(work.sum()[port] >= 0.1 * hours - 1e-9 for port, hours in study.hours.items())


def test_a_firm_without_history_is_marked_and_lots_without_a_share_are_left_to_an_officer(study: Any) -> None:
    assert study.classes["is_prior_only"].sum() == 1
    assert "firm-e | adapters | 2248" in str(modes.modes_table(study))
    assert study.lots.set_index("lot_id").at["L041", "decision"] == "unknown"
    every = study.lots[study.lots["subject_id"] == "firm-d | adapters | 5300"]
    assert (every["decision"] == "inspect").all(), "special supervision inspects every lot"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_part_is_in_one_language(study: Any, lang: str) -> None:
    for part in PARTS:
        assert bool(HAN.search(str(in_language(lang, part, study)))) == (lang == "zh"), part
    for whole in (in_language(lang, limits, "supervision"), in_language(lang, modes.modes_house)):
        assert bool(HAN.search(str(whole))) == (lang == "zh")
    picture = in_language(lang, modes.fairness_figure, study)
    words = " ".join(one["text"] for one in picture.figure["layout"]["annotations"]) + picture.alt
    assert bool(HAN.search(words)) == (lang == "zh")
    assert len(picture.table.rows) == study.by_firm["difference"].notna().sum() + len(study.by_port)


def test_without_past_counts_and_lots_there_is_no_fairness_and_no_decision(tmp_path: Path) -> None:
    path = tmp_path / "subjects.csv"
    rows = pd.read_csv(EXAMPLES / "supervision_subjects.csv", dtype=object)
    rows.drop(columns=["n_lots_past", "n_inspected_past"]).to_csv(path, index=False)
    found = modes_study.study_modes(str(path), hours=str(EXAMPLES / "supervision_hours.csv"), **GIVEN)
    assert (
        in_language("zh", modes.modes_fairness, found) is None
        and in_language("zh", modes.fairness_figure, found) is None
    )
    assert modes.modes_lots(found) is None and modes.modes_certificates(found) is None


def test_the_verification_list_holds_every_lot_that_no_valid_certificate_covers(study: Any) -> None:
    found = study.certificates.drop_duplicates(["firm_id", "product"]).set_index(["firm_id", "product"])[
        "reason"
    ]
    assert found[("firm-a", "toys")] == "certificate_covers"
    assert (
        found[("firm-c", "kettles")] == "certificate_expired"
        and found[("firm-d", "adapters")] == "certificate_suspended"
    )
    assert found[("firm-e", "adapters")] == "other_holder" and found[("firm-g", "lamps")] == "not_yet_valid"
    assert (
        found[("firm-l", "toys")] == "certificate_missing"
        and found[("firm-x", "toys")] == "certificate_not_listed"
    )
    assert found[("firm-i", "clothing")] == "not_ccc"


def test_every_fault_of_files_and_parameters_is_listed_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputFaults) as wrong:
        modes_study.study_modes(changed(tmp_path, "supervision_subjects", extra=1), **GIVEN | {"on": "soon"})
    places = [fault.place for fault in wrong.value.faults]
    assert places == ["on", "subjects: column", "hours"]
    with pytest.raises(InputFaults, match="16 characters"):
        modes_study.study_modes(**GIVEN | {"secret": "short"})
    with pytest.raises(InputFaults, match="one row a firm"):
        modes_study.study_modes(changed(tmp_path, "supervision_subjects", firm_id="a", product="b", port="2248"),
                          hours=str(EXAMPLES / "supervision_hours.csv"), **GIVEN)  # fmt: skip
    with pytest.raises(InputFaults, match="floors and the random arm need"):
        modes_study.study_modes(hours=changed(tmp_path, "supervision_hours", hours=1), **GIVEN)
    with pytest.raises(InputFaults, match="at most n_tested"):
        modes_study.study_modes(changed(tmp_path, "supervision_subjects", n_nonconforming=9999),
                          hours=str(EXAMPLES / "supervision_hours.csv"), **GIVEN)  # fmt: skip
