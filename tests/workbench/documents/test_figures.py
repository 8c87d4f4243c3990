"""The pictures of a report: lawful plotly, the same numbers as the assessment, readable in both languages."""

from __future__ import annotations

import html
import itertools
import math
import re
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from assessed import DRAWS, FIRM, FOOD, RANGE, SETTLED, assessed, changed, figure_texts, texts_of

from riskkit.case.case import Assessment
from riskkit.case.level_sentence import say_share
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import risk_matrices
from riskkit.foundation.standards.scales import scale
from riskkit.words.numbers import percent
from riskkit.workbench.document.block_kinds import Badge
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.document.rendering import luminance
from riskkit.workbench.document.table_widths import reach
from riskkit.workbench.reports.case.levels import chance_swing, mean_rank, moving_inputs
from riskkit.workbench.reports.figures import grid_figure, level_figures, step_figure
from riskkit.workbench.reports.figures.level_figures import end_shares
from riskkit.workbench.reports.figures.style import lowest_power, tint, wrapped

FIGURES = vars(grid_figure) | vars(level_figures) | vars(step_figure)
ALWAYS = ("risk_grid", "step_chart", "level_chances", "profile_levels")
HAN = re.compile(r"[\u3400-\u9fff]")


def drawn(name: str, assessment: Assessment, lang: str = "zh") -> Picture:
    picture = in_language(lang, FIGURES[name], assessment)
    assert isinstance(picture, Picture)
    return picture


@pytest.mark.parametrize("name", ALWAYS)
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("case", [FIRM, RANGE])
def test_every_figure_is_lawful_plotly_with_alt_and_table(name: str, lang: str, case: str) -> None:
    picture = drawn(name, assessed(case), lang)
    figure = go.Figure(picture.figure)
    assert len(figure.data) > 0
    assert picture.alt.endswith("。" if lang == "zh" else ".")
    assert picture.table.rows
    assert "CJK" in figure.layout.font.family
    assert figure.layout.width is None, "a width of its own would not fit a phone"


@pytest.mark.parametrize("name", [*ALWAYS, "tornado"])
def test_food_has_no_figures(name: str) -> None:
    assert in_language("zh", FIGURES[name], assessed(FOOD)) is None


@pytest.mark.parametrize("name", [*ALWAYS, "tornado"])
def test_english_figures_hold_no_chinese(name: str) -> None:
    found = [words for words in texts_of(drawn(name, assessed(RANGE), "en")) if HAN.search(words)]
    assert found == []


@pytest.mark.parametrize("name", [*ALWAYS, "tornado"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_lines_in_figures_fit_a_phone(name: str, lang: str) -> None:
    lines = [
        line for words in figure_texts(drawn(name, assessed(RANGE), lang)) for line in words.split("<br>")
    ]
    assert max(reach(re.sub("<[^>]+>", "", line)) for line in lines) <= 60


def test_grid_draws_the_published_matrix() -> None:
    layout = drawn("risk_grid", assessed(FIRM)).figure["layout"]
    matrix, of = risk_matrices.risk_matrix("eu_2024_3173"), scale("risk")
    assert len(layout["shapes"]) == 32
    words = [one["text"] for one in layout["annotations"][:32]]
    expected = [of.symbol(of.codes[int(code)]) for row in matrix.cells for code in row]
    assert [word.split()[0] for word in words] == expected
    bounds = sorted({round(10 ** box["y1"], 12) for box in layout["shapes"]})
    assert bounds == [*matrix.edge_values().tolist(), 1.0]


def test_grid_gets_darker_with_the_level_so_that_it_reads_in_grey() -> None:
    layout = drawn("risk_grid", assessed(FIRM)).figure["layout"]
    of = scale("risk")
    grounds = {
        one["text"].split()[0]: box["fillcolor"]
        for one, box in zip(layout["annotations"], layout["shapes"], strict=False)
    }
    lights = [luminance(grounds[of.symbol(code)]) for code in of.codes]
    assert lights == sorted(lights, reverse=True)
    assert min(a - b for a, b in itertools.pairwise(lights)) > 0.1


def test_grid_points_stand_where_the_assessment_says() -> None:
    a = assessed(FIRM)
    picture = drawn("risk_grid", a)
    points = {trace["text"][0]: trace for trace in picture.figure["data"] if trace["mode"] == "markers+text"}
    assert set(points) == {"S1", "S2", "S3"}
    for i, row in enumerate(a.scenarios.to_dict("records"), start=1):
        point = points[f"S{i}"]
        assert 10 ** point["y"][0] == pytest.approx(row["p_best"])
        assert round(point["x"][0]) == row["severity"]
    lines = [trace for trace in picture.figure["data"] if trace["mode"] == "lines+markers"]
    assert [10 ** trace["y"][1] for trace in lines] == pytest.approx(a.scenarios["p95"].tolist())


def on_a_bound(data: dict[str, Any]) -> None:
    for step, p in zip(data["scenarios"][2]["steps"], ("1/1000", 1, 1), strict=True):
        step["p"] = p


def never(data: dict[str, Any]) -> None:
    data["scenarios"][2]["steps"][0]["p"] = 0


def many(data: dict[str, Any]) -> None:
    data["scenarios"] = [data["scenarios"][0] | {"id": f"s{i}"} for i in range(7)]
    data.pop("methods")  # they name scenarios that are no longer there


def nasty(data: dict[str, Any]) -> None:
    for one in data["scenarios"]:
        one["title"] = {
            "zh": "<b>甲</b><a href='javascript:x'>点</a>",
            "en": "<b>A</b><a href='x:y'>click</a>",
        }


def test_a_point_on_a_bound_is_flagged_in_shape_word_and_table() -> None:
    picture = drawn("risk_grid", changed(FIRM, on_a_bound), "en")
    point = next(t for t in picture.figure["data"] if t.get("text") == ["S3"])
    assert point["marker"]["symbol"] == "diamond"
    assert "exactly on a bound" in picture.figure["layout"]["annotations"][-1]["text"].replace("<br>", " ")
    assert [row[-1] for row in picture.table.rows] == ["no", "no", "yes"]


def test_zero_probability_stays_in_the_grid() -> None:
    figure = drawn("risk_grid", changed(FIRM, never)).figure
    low, _ = figure["layout"]["yaxis"]["range"]
    assert all(math.isfinite(y) and y >= low for trace in figure["data"] for y in trace["y"])


def test_step_chart_marks_evidence_by_shape_and_fact_by_filling() -> None:
    picture = drawn("step_chart", assessed(FIRM), "en")
    points = [
        trace for trace in picture.figure["data"] if trace["mode"] == "markers" and not trace.get("name")
    ]
    shapes = {"sole judgement": "circle", "some data": "diamond", "strong data": "square", "—": "star"}
    assert [point["marker"]["symbol"] for point in points] == [shapes[row[5]] for row in picture.table.rows]
    filled = [point["marker"]["color"] != "#ffffff" for point in points]
    assert filled == [row[6] in ("fact", "—") for row in picture.table.rows]
    governing = assessed(FIRM).scenarios["governs"].tolist().index(True) + 1
    assert picture.table.rows[0][0] == f"S{governing}", "the governing scenario comes first"


def test_step_chart_says_chances_as_fractions() -> None:
    axis = drawn("step_chart", assessed(FIRM)).figure["layout"]["xaxis"]
    assert axis["ticktext"][0] == "1"
    assert all(
        word == f"1/{10 ** round(-value):,}"
        for value, word in zip(axis["tickvals"], axis["ticktext"], strict=True)
        if value
    )


def test_step_chart_draws_at_most_five_scenarios() -> None:
    picture = drawn("step_chart", changed(FIRM, many))
    assert len({row[0] for row in picture.table.rows}) == 5


@pytest.mark.parametrize("case", [FIRM, RANGE])
def test_chances_stack_facts_as_known_solid_and_missing_facts_at_worst_hatched(case: str) -> None:
    a = assessed(case)
    bars = drawn("level_chances", a).figure["data"]
    reached = [*a.shares["at_least"].tolist(), 0.0]
    mild = [here - up for here, up in itertools.pairwise(reached)][::-1]
    over = [p + up for p, up in zip(a.shares["possible"], reached[1:], strict=True)]
    worst = [here - up for here, up in itertools.pairwise([*over, 0.0])][::-1]
    solid = [bar["x"][0] for bar in bars if "pattern" not in bar["marker"]]
    hatched = [bar["x"][0] for bar in bars if "pattern" in bar["marker"]]
    assert solid == pytest.approx([share for share in mild if share > 1e-9])
    assert hatched == pytest.approx([share for share in worst if share > 1e-9] if mild != worst else [])
    assert all(bar["marker"]["pattern"]["shape"] == "/" for bar in bars if "pattern" in bar["marker"])


@pytest.mark.parametrize("case", [FIRM, RANGE])
def test_the_level_at_the_line_of_each_bar_is_the_level_shown(case: str) -> None:
    a = assessed(case)
    assert a.badge is not None
    picture = drawn("level_chances", a)
    line, *others = picture.figure["layout"]["shapes"]
    assert all(other["x0"] == line["x0"] == a.badge.reached for other in others)
    codes = list(reversed(scale("warning").codes))
    for shares, shown in zip(end_shares(a), a.level_ends, strict=True):
        edges = list(itertools.accumulate(shares[code] for code in codes))
        assert codes[next(i for i, edge in enumerate(edges) if edge >= line["x0"] - 1e-12)] == shown


def test_each_part_of_a_bar_names_its_level_and_a_bar_lists_them_all() -> None:
    a = assessed(RANGE)
    words = list(figure_texts(drawn("level_chances", a, "en")))
    for shares in end_shares(a):
        for code, share in shares.items():
            if share > 0.06:
                assert any(one.startswith(f"{scale('warning').symbol(code)} {code}") for one in words)
            if share > 1e-9:
                assert any(
                    f"{code} {say_share(share)}" in html.unescape(one).replace("<br>", " ") for one in words
                )


def test_chances_name_every_level_by_symbol_and_word() -> None:
    words = " ".join(figure_texts(drawn("level_chances", assessed(FIRM))))
    of = scale("warning")
    assert all(f"{of.symbol(code)} {code} {in_language('zh', of.word, code)}" in words for code in of.codes)


def test_tornado_draws_only_what_is_more_than_chance() -> None:
    a = assessed(RANGE)
    least = max(chance_swing(a), 0.01)
    picture = drawn("tornado", a, "en")
    swings = [float(row[5]) for row in picture.table.rows]
    assert swings == sorted(swings, reverse=True)
    assert min(swings) >= round(least, 2)
    assert len(picture.figure["data"]) == 2 * len(swings)
    assert moving_inputs(a)[0]["input"] == a.tornado["input"].iloc[0]


def test_where_nothing_moves_the_level_there_is_no_tornado() -> None:
    settled = assessed(SETTLED)
    assert settled.shares["certain"].max() == 1.0
    assert chance_swing(settled) == 0.0
    assert level_figures.tornado(settled) is None


def test_tornado_bars_end_at_the_means_of_the_tails() -> None:
    a = assessed(RANGE)
    low, high = drawn("tornado", a).figure["data"][:2]
    assert low["base"][0] + low["x"][0] == pytest.approx(a.tornado["low_mean"].iloc[0])
    assert high["base"][0] + high["x"][0] == pytest.approx(a.tornado["high_mean"].iloc[0])


def test_mean_rank_is_the_mean_of_the_middle_of_each_range() -> None:
    a = assessed(RANGE)
    both = float(a.tornado["low_mean"].iloc[0]), float(a.tornado["high_mean"].iloc[0])
    assert min(both) < mean_rank(a) < max(both)
    assert chance_swing(a) < 4 / math.sqrt(0.1 * DRAWS)


def test_profiles_span_from_proven_to_possible() -> None:
    a = assessed(RANGE)
    picture = drawn("profile_levels", a)
    codes = list(scale("warning").codes)
    ends = [sorted(codes[x - 1] for x in trace["x"]) for trace in picture.figure["data"]]
    assert ends == [sorted({row["level"], row["level_hi"]}) for row in a.profiles.to_dict("records")]


def test_level_in_the_picture_is_that_of_the_assessment() -> None:
    a = assessed(FIRM)
    assert a.badge is not None and not a.badge.is_range()
    level = a.badge.level
    picture = drawn("level_chances", a, "en")
    shares = {row[0].code: row[1] for row in picture.table.rows if isinstance(row[0], Badge)}
    assert shares[level] == percent(float(a.shares["certain"].loc[level]))
    spoken = f"{level} ({scale('warning').word(level)})"
    assert picture.alt.startswith(f"The level is {spoken}.") and f"{level} {shares[level]}" in picture.alt


def test_chance_swing_is_what_chance_alone_does() -> None:
    a = assessed(FIRM)
    rng = np.random.default_rng(3)
    ranks = rng.choice([1, 2, 3, 4], p=a.shares["certain"], size=(400, DRAWS // 5))
    swings = np.abs(ranks[:, : DRAWS // 10].mean(axis=1) - ranks[:, DRAWS // 10 :].mean(axis=1))
    assert 0.9 < float((swings <= chance_swing(a)).mean()) < 0.99


@pytest.mark.parametrize("name", ["risk_grid", "step_chart", "tornado"])
def test_markup_in_a_case_is_text_in_every_figure(name: str) -> None:
    written = " ".join(figure_texts(drawn(name, changed(RANGE, nasty), "en")))
    assert "<a" not in written
    assert "&lt;a" in written.replace("<br>", " ")


def test_wrapping_keeps_every_sign_and_never_starts_a_line_with_a_stop() -> None:
    words = "电芯在使用期内发生热失控，the phone burns while carried。第二句，再一句。"
    lines = wrapped(words, 20)
    assert "".join(lines).replace(" ", "") == words.replace(" ", "")
    assert all(reach(line) <= 22 for line in lines)
    assert not any(line[0] in "，。" for line in lines)


def test_axis_floor_and_tint() -> None:
    assert lowest_power([0.0, 1e-30]) == -12.0
    assert tint("#b00020", 0.0) == "#ffffff"
    assert tint("#b00020", 1.0) == "#b00020"
