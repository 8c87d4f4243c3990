"""Growth of trade as evidence: known where it is, unknown (and never low) everywhere else."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.monitoring.signals.exposure_growth import exposure_growth
from riskkit.monitoring.signals.ranking import points
from riskkit.workbench.commands.cli import main
from riskkit.workbench.reports.signals.scan_report import reason_sentence
from riskkit.workbench.reports.signals.scan_study import study_signals

ON = dt.date(2026, 3, 1)
MONTHS = pd.period_range("2024-01", "2025-12", freq="M").astype(str)
GOODS = pd.DataFrame({"origin": ["CN", "IN", "VN"], "product_group": "toys"}, index=[7, 3, 5])


def trade(values, *, origin="CN", months=MONTHS):
    return pd.DataFrame({"period": months, "origin": origin, "product_group": "toys", "value": values})


def growth(table, **more):
    return exposure_growth(GOODS, table, on=ON, **more)[["growth", "growth_reason"]].values.tolist()


def test_twelve_months_over_the_twelve_before_as_a_person_adds_them_up():
    table = pd.concat([trade(range(24)), trade([0.0] * 12 + [2.0] * 12, origin="IN")])
    found = exposure_growth(GOODS, table, on=ON)
    assert found.index.tolist() == [7, 3, 5]
    assert found["growth"].tolist()[:2] == [sum(range(12, 24)) / sum(range(12)), np.inf]
    assert found["growth_reason"].tolist() == ["known", "known", "no_rows"] and np.isnan(
        found["growth"].iloc[2]
    )
    assert set(found["until"]) == {"2025-12"}


def test_what_is_not_known_of_trade_is_never_a_number():
    gap = trade(range(24)).drop(index=4)
    assert growth(gap)[0][1] == "months_missing" and np.isnan(growth(gap)[0][0])
    assert growth(trade([0.0] * 24))[0][1] == "no_trade"
    old = trade(range(24), months=pd.period_range("2023-01", "2024-12", freq="M").astype(str))
    assert [row[1] for row in growth(old)] == ["trade_old"] * 3
    ahead = trade(range(24), months=pd.period_range("2026-03", "2028-02", freq="M").astype(str))
    assert [row[1] for row in growth(ahead)] == ["no_rows"] * 3  # no month has ended yet
    weak = {"p_rise": [1e-4], "p_pair": [1.0], "severity": [1], "novelty": ["known"]}
    scores = [
        points(pd.DataFrame(weak | {"growth": [value]}), on=ON)["points"].item()
        for value in (1.0, np.nan, 2.0)
    ]
    assert scores == sorted(scores) and len(set(scores)) == 3


def test_what_was_published_later_is_not_known_yet():
    table = trade(range(24)).assign(published="2026-01-20")
    late = table.assign(published=table["published"].where(table["period"] != "2025-12", "2026-03-02"))
    assert growth(table)[0][1] == "known"
    assert growth(late)[0][1] == "months_missing"  # 24 months up to November are asked for, 23 are there
    assert exposure_growth(GOODS, late, on=dt.date(2026, 3, 2))["growth_reason"].iloc[0] == "known"


def test_goods_alone_may_be_what_trade_is_known_by():
    table = trade(range(24)).drop(columns="origin")
    assert [row[1] for row in growth(table)] == ["known"] * 3


@given(st.lists(st.floats(0.1, 1e6), min_size=24, max_size=24), st.floats(1e-3, 1e3))
def test_growth_is_free_of_the_unit_and_of_the_order_of_rows(values, unit):
    table = trade(values)
    plain, scaled = growth(table)[0][0], growth(table.assign(value=table["value"] * unit).iloc[::-1])[0][0]
    assert scaled == pytest.approx(plain)
    assert plain == pytest.approx(np.sum(values[12:]) / np.sum(values[:12]))


def test_all_faults_of_a_trade_table_come_together():
    bad = trade(range(24)).astype(object).assign(published="2026-01-01")
    bad.loc[0, "period"], bad.loc[1, "value"], bad.loc[2, "value"] = "2024-13", -1, "much"
    bad.loc[3, "published"] = "soon"
    bad.loc[5, "period"] = "2024-05"
    with pytest.raises(InputFaults) as caught:
        growth(bad)
    assert len(caught.value.faults) == 5
    with pytest.raises(InputFaults) as caught:
        growth(pd.DataFrame({"month": ["2024-01"]}))
    assert len(caught.value.faults) == 3


def test_a_scan_says_whether_growth_is_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain, known = study_signals(), study_signals(exposure="signal_exposure")
    assert plain.found["growth"].isna().all() and set(plain.found["growth_reason"]) == {"no_table"}
    assert known.trade_until == "2025-12" and known.found["growth"].notna().any()
    first = known.found.set_index("signal_id").loc[plain.alarms["signal_id"].iloc[0]]
    assert first["growth"] > 1.5 and first["points_exposure"] == 1.0
    for lang, word in (("en", "change of exposure not known"), ("zh", "暴露量变化未知")):
        assert word in in_language(lang, reason_sentence, plain.alarms.iloc[0].to_dict())
        assert word not in in_language(lang, reason_sentence, first.to_dict())
    balloons = known.found[(known.found["product_group"] == "balloons") & (known.found["origin"] == "IN")]
    assert "no trade in the year before" in reason_sentence(
        balloons[balloons["rule_id"] != ""].iloc[0].to_dict()
    )
    asked = ["signals", "--exposure", "signal_exposure", "--out", str(tmp_path / "out"), "--lang", "en"]
    assert main(asked) == 0
    assert "times that of the year before" in capsys.readouterr().out
    assert "growth" in pd.read_csv(tmp_path / "out" / "signals.csv")
    assert main([*asked[:2], str(tmp_path / "none.csv"), "--out", str(tmp_path / "no")]) == 2
