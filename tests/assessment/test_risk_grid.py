"""Points on the risk grid, without a case."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import riskkit
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import risk_matrices


@pytest.mark.parametrize(("lang", "said"), [("en", "toy: probability 20 %"), ("zh", "toy：概率")])
def test_points_without_a_case_are_drawn_and_said(lang: str, said: str) -> None:
    p = pd.Series([0.2, 0.002, np.nan], index=["toy", "lamp", "cup"])
    figure = in_language(lang, riskkit.plot_risk_grid, p, [4, 1, 2])
    assert figure.layout.yaxis.range[1] == 0
    assert said in figure.layout.meta["alt"]
    assert "cup" not in figure.layout.meta["alt"]
    assert "1" in figure.layout.meta["alt"].rsplit("；" if lang == "zh" else ";", 1)[1]
    assert figure.data[0].y == pytest.approx([np.log10(0.2), np.log10(0.002)])
    assert [round(x) for x in figure.data[0].x] == [4, 1]
    assert len(figure.layout.shapes) == risk_matrices.risk_matrix("eu_2024_3173").cells.size


def test_names_show_as_they_stand_and_many_points_go_without_numbers() -> None:
    figure = riskkit.plot_risk_grid(pd.Series([0.1], index=["<b>x</b>"]), 2)
    assert "&lt;b&gt;x" in str(figure.layout.annotations)
    assert figure.data[0].hovertext == ("&lt;b&gt;x&lt;/b&gt;",)
    many = riskkit.plot_risk_grid(np.full(100, 0.01), 3)
    assert many.data[0].mode == "markers"
    assert len(set(many.data[0].x)) == 100
    assert all(2.5 < x < 3.5 for x in many.data[0].x)


def test_one_point_none_and_another_grid() -> None:
    assert (
        riskkit.plot_risk_grid(Fraction(1, 500), 1).layout.meta["alt"].startswith("1: probability 1 in 500")
    )
    assert "not shown" in riskkit.plot_risk_grid([None], [1]).layout.meta["alt"]
    excel = riskkit.plot_risk_grid("1/2", 1, matrix=risk_matrices.risk_matrix("prism_excel"))
    assert "high risk" in excel.layout.meta["alt"]
    assert "medium risk" in riskkit.plot_risk_grid("1/2", 1).layout.meta["alt"]


def test_what_is_no_probability_or_severity_is_refused() -> None:
    for p, severity in ((1.5, 1), (0.5, 5), ("half", 1)):
        with pytest.raises(ValueError, match=r"probability|severity|a fraction"):
            riskkit.plot_risk_grid(p, severity)
