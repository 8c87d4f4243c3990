"""The board of the register: what is asked in SQL is what a slow count over the rows gives."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards.provinces import province_code
from riskkit.monitoring.rates.proportions import interval
from riskkit.monitoring.sources.canonical import SOURCE
from riskkit.store.register.query import sql
from riskkit.workbench.boards import panels
from riskkit.workbench.boards.register import words
from riskkit.workbench.boards.register.panel import RegisterBoard
from riskkit.workbench.boards.register.questions import (
    FILTERS,
    MOST_RANKED,
    PAGE,
    RANKED,
    UNKNOWN,
    Asked,
    ask,
    choices,
)
from riskkit.workbench.runs.folders.made_register import READ_ON, made_register, take_in

NASTY = "<script>alert(1)</script>"
INSPECTIONS = ("enforcement", "monitoring")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return list(sql(made_register(), "SELECT * FROM records").to_pylist())


def fits(row: dict[str, Any], asked: Asked) -> bool:
    """One record, looked at by hand."""
    for column, value in asked.where.items():
        if value == UNKNOWN and row[column] is not None:
            return False
        if value not in ("", UNKNOWN) and row[column] != value:
            return False
    year = None if row["date"] is None else row["date"].year
    if asked.since is not None and (year is None or year < asked.since):
        return False
    return not (asked.until is not None and (year is None or year > asked.until))


def count_of_tests(row: dict[str, Any]) -> int:
    both = row["n_tested"] is not None and row["n_nonconforming"] is not None
    return row["n_tested"] if both and row["source_class"] in INSPECTIONS else 0


KNOWN = choices(made_register())
WHERE = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(["", *KNOWN.values[name]]) for name in FILTERS}
)
YEARS = st.one_of(st.none(), st.integers(2014, 2026))


@given(where=WHERE, since=YEARS, until=YEARS, by=st.sampled_from(RANKED), page=st.integers(0, 3))
def test_the_answers_are_those_of_a_count_by_hand(
    rows: list[dict[str, Any]],
    where: dict[str, str],
    since: int | None,
    until: int | None,
    *,
    by: str,
    page: int,
) -> None:
    asked = Asked(where, since, until, by=by, page=page)
    mine = [row for row in rows if fits(row, asked)]
    found = ask(made_register(), asked)
    assert found.n_records == len(mine)
    years = {row["date"].year for row in mine}
    assert found.periods["year"].tolist() == sorted(years)
    assert found.periods["n_records"].sum() == len(mine)
    assert found.periods["n_tested"].fillna(0).sum() == sum(map(count_of_tests, mine))
    names = {row[by] for row in mine}
    assert found.n_names == len(names) and len(found.ranking) == min(len(names), MOST_RANKED)
    for one in found.ranking.to_dict("records"):
        name = None if pd.isna(one["name"]) else one["name"]
        assert one["n_records"] == sum(row[by] == name for row in mine)
    assert found.ranking["n_records"].is_monotonic_decreasing
    order = sorted(mine, key=lambda row: (-row["date"].toordinal(), row["record_id"]))
    wanted = [row["record_id"] for row in order[page * PAGE : (page + 1) * PAGE]]
    assert found.page["record_id"].tolist() == wanted
    placed = Counter(province_code(row["region"]) for row in mine)
    shown = found.places.groupby("code")["n"].sum().to_dict()
    assert shown == {code: n for code, n in placed.items() if code}


def test_choices_are_all_values_with_the_unknown_last(rows: list[dict[str, Any]]) -> None:
    for column in FILTERS:
        there = {row[column] for row in rows}
        assert {None if one == UNKNOWN else one for one in KNOWN.values[column]} == there
        assert UNKNOWN not in KNOWN.values[column][:-1]
    assert KNOWN.n_records == len(rows)


def test_what_a_person_chose_is_a_value_and_never_a_part_of_the_question() -> None:
    for text in ("' OR 1=1 --", "x'; DROP VIEW records; --", "?", '"'):
        if text != UNKNOWN:
            assert ask(made_register(), Asked({"port": text})).n_records == 0
    with pytest.raises(InputFaults) as error:
        Asked({"port; --": "x"}, by="1; --", page=-1)
    assert [fault.place for fault in error.value.faults] == ["filter", "by", "page"]


def test_a_rate_needs_tests_and_carries_its_interval() -> None:
    counts = pd.DataFrame({"n_tested": [20.0, np.nan, 0.0], "n_nonconforming": [5.0, np.nan, 0.0]})
    found = words.with_rates(counts)
    wilson = interval([5], [20], method="wilson")
    assert found["rate_lo"][0] == wilson.lo[0] and found["rate_hi"][0] == wilson.hi[0]
    assert found[["rate", "rate_lo", "rate_hi"]][1:].isna().all(axis=None)
    assert in_language("zh", words.rate_words, found.to_dict("records")[2]) == "无检验"


def board(lang: str = "en", folder: Path | None = None) -> RegisterBoard:
    there = folder or made_register()
    panel = in_language(lang, RegisterBoard, there, choices(there), is_made=folder is None)
    panel.fill()
    return panel


def test_filters_pages_and_ranking_follow_what_is_chosen() -> None:
    panel = board()
    assert "888 of 888" in panel.status.value and panel.n_pages == 45 and panel.back.disabled
    first = panel.table.rows
    panel.forth.click()
    assert panel.page == 1 and panel.table.rows != first and not panel.back.disabled
    panel.filters["source_class"].value = "complaint"
    assert panel.page == 0 and "52 of 888" in panel.status.value and panel.n_pages == 3
    panel.turn(9)
    assert panel.page == 2 and panel.forth.disabled and len(panel.table.rows) == 52 - 2 * PAGE
    panel.by.value = "hazard"
    assert "Hazard" in panel.ranking.value
    panel.since.value = 2025
    panel.clear()
    assert "888 of 888" in panel.status.value and panel.since.value == 0


def test_nothing_that_fits_is_said_in_words() -> None:
    panel = board()
    panel.filters["source_class"].value = "enterprise"
    panel.filters["port"].value = "上海"
    assert "No record matches" in panel.ranking.value and panel.table.rows == []
    assert "No record matches" in panel.drawing.caption.value
    assert "There are no data to map" in panel.map.caption.value
    panel.clear()
    assert "most in Shanghai" in panel.map.caption.value


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_years_without_a_record_are_shown_as_none(lang: str) -> None:
    drawn = in_language(lang, words.trend_picture, ask(made_register(), Asked())).figure
    figure, axis = drawn["data"][0], drawn["layout"]["xaxis"]
    assert axis["ticktext"] == [str(year) for year in range(2015, 2026)]
    assert figure["x"] == axis["tickvals"] == [*range(11)] and "type" not in axis
    assert figure["y"][1] == 0 and sum(figure["y"]) == 888 and "2016" in figure["hovertext"][1]


def test_of_many_years_some_are_written_below_the_bars(tmp_path: Path) -> None:
    rows = "".join(f"enforcement,{year}-01-31,lamp {year}\n" for year in range(1981, 2025))
    register = own(tmp_path, "source_class,date,product\n" + rows)
    drawn = in_language("en", words.trend_picture, ask(register, Asked())).figure
    axis = drawn["layout"]["xaxis"]
    assert axis["ticktext"] == [str(year) for year in range(1981, 2025, 3)]
    assert axis["tickvals"] == [*range(0, 44, 3)] and len(drawn["data"][0]["x"]) == 44


def own(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "own.csv"
    file.write_text(text, encoding="utf-8")
    take_in(tmp_path / "own", file, SOURCE, now=READ_ON)
    return tmp_path / "own"


def test_markup_in_a_register_is_escaped(tmp_path: Path) -> None:
    head = "source_class,date,product,product_group,region,port,evidence,n_tested,n_nonconforming\n"
    line = f"enforcement,2024-01-31,{NASTY},{NASTY},上海市,{NASTY},javascript:alert(1),10,1\n"
    panel = board(folder=own(tmp_path, head + line))
    assert NASTY not in json.dumps(panel.map.chart.figure, default=str)
    assert NASTY not in panel.map.caption.value and "&lt;script&gt;" in panel.map.caption.value
    assert NASTY not in panel.ranking.value and "&lt;script&gt;" in panel.ranking.value
    assert NASTY not in json.dumps(panel.drawing.chart.figure, default=str)
    assert [cell for row in panel.table.rows for cell in row if "href" in cell] == []


def test_an_empty_or_undated_register_can_be_looked_at(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert ask(tmp_path / "empty", Asked()).n_records == 0
    with pytest.raises(InputFaults):
        in_language("zh", panels.board, "register_board", str(tmp_path / "none"))


def test_values_that_read_alike_can_be_told_apart(tmp_path: Path) -> None:
    head = "source_class,date,product,port\n"
    lines = "complaint,2024-01-31,lamp,all\ncomplaint,2024-01-31,lamp,not known\ncomplaint,2024-02-01,lamp,\n"
    panel = board(folder=own(tmp_path, head + lines))
    labels = [word for word, _ in panel.filters["port"].options]
    assert len(set(labels)) == len(labels) == 3  # the words "not known" are no port
    for value, n in (("all", 1), (UNKNOWN, 2)):
        panel.filters["port"].value = value
        assert f"Showing {n} of 3" in panel.status.value


def test_the_page_tells_the_day_that_the_record_says(rows: list[dict[str, Any]]) -> None:
    page = ask(made_register(), Asked()).page
    latest = max(row["date"] for row in rows)
    assert isinstance(latest, dt.date)
    assert in_language("zh", words.record_row, page.to_dict("records")[0])[0]["text"] == latest.isoformat()
