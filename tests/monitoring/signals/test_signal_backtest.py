"""The notebook of the backtest: whole and short, one row a method, honest about what nobody saw."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from in_process import IN_PROCESS
from shared import shared

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.monitoring.signals.arrival_backtest import forecast_bands, order_quality
from riskkit.monitoring.surveillance.detectors import METHODS
from riskkit.workbench.document.block_kinds import Table
from riskkit.workbench.document.reading import read_notebook
from riskkit.workbench.reports.signals import backtest_records
from riskkit.workbench.reports.signals.backtest_records import _years, record_events
from riskkit.workbench.reports.signals.backtest_report import BacktestStudy, backtest_arrivals, study_backtest
from riskkit.workbench.runs.folders.resources import CaseSource, notebook
from riskkit.workbench.runs.runner import run_notebook

NO_CASE = CaseSource("sample", Path("sample.toml"), b"", is_shipped=False)
SECTIONS = ["signals-backtest-title", "backtest-curves", "backtest-operating", "signals-unseen-title",
            "signals-limits-title"]  # fmt: skip


@pytest.fixture(scope="module")
def study() -> BacktestStudy:
    return study_backtest(rng=np.random.default_rng(3))


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_notebook_makes_a_report(tmp_path: Path, lang: str) -> None:
    run = run_notebook(notebook("signal_backtest"), NO_CASE, {}, out=tmp_path, lang=lang, engine=IN_PROCESS)
    assert run.status == "done", run.error
    reading = in_language(lang, read_notebook, nbformat.read(run.folder / "executed.ipynb", as_version=4))
    assert (reading.failures, reading.notes) == ((), ())
    assert [part.id for part in reading.parts if not hasattr(part, "traceback")] == SECTIONS


def test_every_method_is_judged_on_the_same_outbreaks(study: BacktestStudy) -> None:
    assert study.summary.index.tolist() == list(METHODS)
    assert set(study.summary["n_outbreaks"]) == {study.n_outbreaks}
    assert study.n_outbreaks + study.n_empty == study.n_series == 42
    assert study.is_made_here and study.events.empty


def test_what_nobody_saw_is_what_no_method_found(study: BacktestStudy) -> None:
    assert study.unseen["n"].sum() == study.n_outbreaks
    assert (study.unseen["n_unseen"] <= study.unseen["n"] - study.unseen["n_by_scan"]).all()
    best = int(study.summary["n_detected"].max())
    assert study.unseen["n_unseen"].sum() <= study.n_outbreaks - best
    assert study.unseen["n_by_scan"].sum() == study.summary.loc[METHODS[0], "n_detected"]


def test_a_curve_never_ends_above_the_share_that_was_found(study: BacktestStudy) -> None:
    last = study.curves.groupby("method")["p_detected"].last()
    assert (last <= study.summary["p_detected"].reindex(last.index) + 1e-12).all()
    assert last[METHODS[0]] > 0


def test_at_one_false_alarm_a_year_the_scan_finds_more_than_ears_and_cusum(study: BacktestStudy) -> None:
    def found(method: str) -> float:
        table = study.operating[study.operating["method"] == method].sort_values("rate_false")
        return float(np.interp(1 / 52, table["rate_false"], table["p_detected"]))

    assert found("noufaily_2013") > found("ears_c3") > found("cusum_rossi")


def test_what_is_wrong_is_said_together(tmp_path: Path) -> None:
    with pytest.raises(InputFaults) as caught:
        study_backtest(rng=np.random.default_rng(1), replicates=0, budget=0, records=str(tmp_path))
    assert len(caught.value.faults) == 3


def lead_of_each_event(events: pd.DataFrame) -> dict[str, tuple[str, int, object]]:
    rows = events.set_index("event")[["outcome", "lead_days", "first_alarm"]]
    return {str(name): tuple(row) for name, row in zip(rows.index, rows.to_numpy(object), strict=True)}


@pytest.mark.slow
def test_the_records_give_the_leads_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shared("data", "rasff", "notifications_2020_2024h1.csv.gz").parents[1]
    monkeypatch.setitem(backtest_records._DAYS, "rasff", ("2020-07-05", "2021-08-29"))
    events, weeks = record_events(folder, budget=5)
    found = lead_of_each_event(events)
    assert found["sesame_2020"] == ("before", 4, pd.Timestamp("2020-10-18"))
    assert found["e410_2021"][:2] == ("never", 0)
    assert found["cpsia_2008"][0] == "before" and found["cpsia_2008"][2] == pd.Timestamp("2007-09-30")
    assert found["hydroxycut_2009"][:2] == ("before", 121)
    assert found["oxyelite_2013"][:2] == ("never", 0)  # not seen
    assert weeks["cpsc"].sum() == 5
    assert weeks["rasff"].max() <= 5 and len(weeks["rasff"]) == 61


@pytest.mark.exhaustive
def test_the_whole_records_give_the_figures_of_the_page() -> None:
    folder = shared("data", "rasff", "notifications_2020_2024h1.csv.gz").parents[1]
    found = study_backtest(rng=np.random.default_rng(1), records=str(folder), budget=5)
    assert (found.n_series, found.n_outbreaks, found.n_empty) == (168, 162, 6)
    leads = lead_of_each_event(found.events)
    assert {name: lead[:2] for name, lead in leads.items() if name.startswith(("sesame", "e410"))} == {
        "sesame_2020": ("before", 4), "e410_2021": ("never", 0),
    }  # fmt: skip
    assert found.weeks["rasff"].max() <= 5 and len(found.weeks["rasff"]) == 209
    model, plain = (row for _, row in found.arrivals.head(2).iterrows())
    assert (found.n_regions, model["n"], plain["order"]) == (23, 288_817, "n_364d")
    assert (model["auc"], plain["auc"]) == pytest.approx((0.86, 0.74), abs=0.005)
    assert (model["precision_top"], model["precision_weekly"]) == pytest.approx((0.04, 0.020), abs=5e-4)
    assert model[["n_pairs_top", "n_pairs_arrived"]].tolist() == [30, 2]
    assert found.bands["n"].sum() == model["n"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_forecasts_are_shown_by_set_and_size_where_there_are_records(study: BacktestStudy, lang: str) -> None:
    assert backtest_arrivals(study) is None
    rng = np.random.default_rng(1)
    history = pd.DataFrame({"p_arrival": rng.random(400), "n_364d": 1, "hazard": "x", "origin": "y", "on": 1,
                            "product_group": "z", "region": "B", "arrived": rng.random(400) < 0.5})  # fmt: skip
    judged = pd.concat({"pooled": order_quality(history)}, names=["set"]).reset_index()
    full = replace(study, arrivals=judged, bands=forecast_bands(history), n_regions=1)
    section = in_language(lang, backtest_arrivals, full)
    assert section is not None
    orders, sizes = (block for block in section.blocks if isinstance(block, Table))
    assert [row[-1] == "—" for row in orders.rows] == [False, True]
    assert orders.rows[1][4] == "0.5" and len(sizes.rows) == len(full.bands)


def test_a_year_counts_once_it_is_over_and_the_year_of_a_measure_never() -> None:
    brands = pd.DataFrame({"brand": "B", "year": range(2004, 2010), "unique_reports": [5, 4, 5, 6, 5, 400]})
    events = pd.DataFrame({"hazard": ["B", "B"], "begins": pd.Timestamp("2005-01-01"),
                           "measure": [pd.Timestamp("2009-12-01"), pd.Timestamp("2010-01-05")]})  # fmt: skip
    found = _years(brands, events)
    assert found["outcome"].tolist() == ["never", "before"] and found["lead_days"].tolist() == [0, 5]
