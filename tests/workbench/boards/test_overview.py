"""The overview for leadership: counts, filters, and what has changed since earlier results."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np
import pytest
from shared import ROOT

from riskkit.case.case import assess
from riskkit.case.case_reading import load_case
from riskkit.foundation.language import in_language
from riskkit.foundation.shipped import case_path
from riskkit.workbench.boards import panels
from riskkit.workbench.boards.overview import panel as overview_panel
from riskkit.workbench.boards.overview.panel import Overview, case_map, warning_changes, warning_section
from riskkit.workbench.boards.overview.records import (
    GROUPS,
    Record,
    by_dimension,
    changes,
    chosen,
    earlier_results,
    group,
    level_counts,
    result_files,
    urgency_order,
)
from riskkit.workbench.boards.overview.trend import level_trend, usual_every
from riskkit.workbench.boards.overview.words import change_section
from riskkit.workbench.boards.page_tools import walk
from riskkit.workbench.boards.what_if.panel import what_if
from riskkit.workbench.flows.warnings.sample import sample_events
from riskkit.workbench.reports.quality.newest_results import newest_results, results_section
from riskkit.workbench.runs.folders.resources import own_cases, shipped_cases
from riskkit.workbench.runs.result import result_record

NOTE7 = "note7-battery-2016"
REGRADED = "ningbo-fireworks-2019"  # its level depends on the profile


def _html(widget: ipywidgets.Widget) -> Iterator[str]:
    if isinstance(widget, ipywidgets.HTML):
        yield widget.value
    for child in getattr(widget, "children", ()):
        yield from _html(child)


def _record(case_id: str, lo: str | None, hi: str | None, **more: Any) -> Record:
    grades = {"severity": {"lo": 2, "hi": 2, "rule": "SV-1"}}
    case = {"id": case_id, "hazard_classes": ["physical"], "origin": ["CN"], "channels": ["retail"]}
    case["title"] = {"zh": case_id, "en": case_id}  # type: ignore[assignment]
    start = {"schema": 1, "case": case, "route": "graded" if lo else "food_accident_plan"}
    rest = {"warning": {"lo": lo, "hi": hi}, "grades": grades, "risk": {"level": "low"}}
    return start | rest | {"profile": {"id": "house_matrix"}} | more


@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [
        (("Ⅲ", "Ⅲ"), ("Ⅱ", "Ⅱ"), "higher"),
        (("Ⅲ", "Ⅱ"), ("Ⅱ", "Ⅱ"), "higher"),
        (("Ⅲ", "Ⅱ"), ("Ⅲ", "Ⅰ"), "higher"),
        (("Ⅰ", "Ⅰ"), ("Ⅱ", "Ⅰ"), "lower"),
        (("Ⅳ", "Ⅰ"), ("Ⅲ", "Ⅱ"), "clearer"),
        (("Ⅱ", "Ⅱ"), ("Ⅲ", "Ⅰ"), "vaguer"),
        ((None, None), ("Ⅲ", "Ⅰ"), "route"),
        (("Ⅱ", "Ⅱ"), (None, None), "route"),
    ],
)
def test_a_change_has_the_kind_it_is(before: Any, now: Any, kind: str) -> None:
    found = changes([_record("a", *now)], [_record("a", *before)])
    assert [change.kind for change in found] == [kind]


def test_new_gone_same_and_regraded_cases() -> None:
    regraded = _record("d", "Ⅱ", "Ⅱ", grades={"severity": {"lo": 3, "hi": 3, "rule": "SV-2"}})
    now = [_record("a", "Ⅱ", "Ⅱ"), _record("b", "Ⅰ", "Ⅰ"), regraded, _record("f", None, None)]
    then = [_record("b", "Ⅰ", "Ⅰ"), _record("c", "Ⅳ", "Ⅳ"), _record("d", "Ⅱ", "Ⅱ"), _record("f", None, None)]
    found = [(change.case_id, change.kind) for change in changes(now, then)]
    assert found == [("a", "new"), ("d", "grades"), ("c", "gone")]
    assert changes(now, now) == ()


def test_every_record_is_counted_once_and_filters_cut_to_what_they_name() -> None:
    records = [_record("a", "Ⅱ", "Ⅱ"), _record("b", "Ⅲ", "Ⅰ"), _record("c", None, None)]
    assert sum(level_counts(records).values()) == 3
    assert [group(record) for record in sorted(records, key=urgency_order)] == ["Ⅱ", "range", "food"]
    assert by_dimension(records, "origin")[0][0] == "CN"
    assert [r["case"]["id"] for r in chosen(records, {"level": "range", "origin": "CN"})] == ["b"]
    assert chosen(records, {"channels": "parcel"}) == []


def test_earlier_results_are_the_newest_readable_ones_of_the_profile(tmp_path: Path) -> None:
    good = {"old": _record("a", "Ⅲ", "Ⅲ"), "new": _record("a", "Ⅱ", "Ⅱ")}
    other = {"other": _record("b", "Ⅱ", "Ⅱ", profile={"id": "house_three_factors"})}
    bad = {"x": "[]", "y": "{", "z": json.dumps(_record("z", "Ⅹ", "Ⅰ")), "w": json.dumps({"schema": 1})}
    texts = {name: json.dumps(record) for name, record in {**good, **other}.items()} | bad
    for age, (name, text) in enumerate(texts.items()):
        (tmp_path / name).mkdir()
        (tmp_path / name / "result.json").write_text(text, encoding="utf-8")
        os.utime(tmp_path / name / "result.json", (age, age))
    found = earlier_results(tmp_path, profile="house_matrix")
    assert [(r["case"]["id"], r["warning"]["lo"]) for r in found.records] == [("a", "Ⅱ")]
    assert found.unreadable == len(bad)


def test_reports_about_no_case_and_the_example_are_neither_unreadable_nor_vanished_cases(
    tmp_path: Path,
) -> None:
    texts = {
        "zh/monitor_register": {"schema": "riskkit.register/1", "case": {"id": "register"}},
        "zh/committee_report": {"schema": "riskkit.committee/1", "case": {"id": NOTE7}},
        "zh/own": _record("a", "Ⅲ", "Ⅲ"),
        "example": _record("kettle", "Ⅱ", "Ⅱ"),
        "foreign": {"schema": "other.register/1"},
    }
    for place, record in texts.items():
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "result.json").write_text(json.dumps(record), encoding="utf-8")
    found = earlier_results(tmp_path, profile="house_matrix")
    assert [record["case"]["id"] for record in found.records] == ["a"]
    assert (found.unreadable, found.others) == (1, 2)
    kinds = [(one.case_id, one.kind) for one in changes([_record("a", "Ⅲ", "Ⅲ")], found.records)]
    assert kinds == []
    for lang, words in (("zh", "2 份报告不涉及具体案例"), ("en", "2 reports do not concern a case")):
        section = in_language(lang, change_section, [], compared=1, unreadable=1, others=found.others)
        assert words in section._repr_mimebundle_()["text/html"]


def test_the_example_that_ships_is_no_vanished_case() -> None:
    assert earlier_results(ROOT / "reports" / "example", profile="house_matrix").unreadable == 0
    found = earlier_results(ROOT / "reports", profile="house_matrix")
    assert "kettle" not in {record["case"]["id"] for record in found.records}


def test_the_overview_compares_with_real_results_and_says_when_there_are_none(tmp_path: Path) -> None:
    case = load_case(NOTE7)
    record = result_record(assess(case, rng=np.random.default_rng(1), draws=50), seed=1)
    badge = record["warning"]["badge"] | {"level": "Ⅳ", "level_hi": "Ⅳ"}
    text = json.dumps(record | {"warning": record["warning"] | {"badge": badge}})
    (tmp_path / "result.json").write_text(text, encoding="utf-8")
    panel = Overview((NOTE7,), profile="house_graded_exposure", draws=50, seed=20170914)
    panel.folder = tmp_path
    panel.take(panel.profile)
    assert "holds no result from" in panel.changed.value and "riskkit batch" in panel.changed.value
    panel.since.value = "any"
    assert "level higher" in panel.changed.value
    then = (tmp_path / "result.json").stat().st_mtime - 8 * 86400
    os.utime(tmp_path / "result.json", (then, then))
    week = panels.board("overview", [NOTE7], draws=50, reports=str(tmp_path))
    assert any("level higher" in said for said in _html(week))
    panel.folder = None
    panel.compare()
    assert "No earlier results" in panel.changed.value


def test_the_overview_counts_filters_and_regrades() -> None:
    names = (NOTE7, "melamine-milk-2008", REGRADED)
    panel = Overview(names, profile="house_matrix", draws=50, seed=1)
    panel.take("house_matrix")
    assert len(panel.table.rows) == 3
    panel.filters["level"].value = "food"
    assert [row[1]["text"][:4] for row in panel.table.rows] == [load_case(names[1]).title.en[:4]]
    assert "Showing 1 of 3 cases" in panel.status.value
    panel.clear()
    before = [row[0]["marks"] for row in panel.table.rows]
    panel.profiles.value = "house_three_factors"
    assert len(panel.table.rows) == 3
    assert {record["profile"]["id"] for record in panel.records} == {"house_three_factors"}
    assert [row[0]["marks"] for row in panel.table.rows] != before


def test_all_shipped_cases_are_shown_in_both_languages() -> None:
    for lang in ("zh", "en"):
        panel = in_language(lang, Overview, shipped_cases(), profile="house_matrix", draws=20, seed=1)
        panel.take("house_matrix")
        assert len(panel.table.rows) == len(shipped_cases())
        counts = [int(n) for n in re.findall(r'rkp-count">(\d+)', panel.tiles.value)]
        assert len(counts) == len(GROUPS) and sum(counts) == len(shipped_cases())


def test_a_change_says_which_grade_moved_and_markup_in_an_old_title_is_text() -> None:
    before = _record("a", "Ⅱ", "Ⅱ")
    now = _record("a", "Ⅱ", "Ⅱ", grades={"severity": {"lo": 3, "hi": 3, "rule": "SV-2"}})
    gone = _record("<i>", "Ⅰ", "Ⅰ")
    section = change_section(changes([now], [before, gone]), compared=2, unreadable=0)
    page = section._repr_mimebundle_()["text/html"]
    assert "severity ② fairly serious → ③ serious" in page
    assert "&lt;i&gt;" in page and "<i>" not in page


def test_the_newest_index_and_review_are_read_and_not_computed(tmp_path: Path) -> None:
    def put(name: str, record: object, at: int) -> None:
        file = tmp_path / name / "result.json"
        file.parent.mkdir(parents=True)
        file.write_text(record if isinstance(record, str) else json.dumps(record), encoding="utf-8")
        os.utime(file, (at, at))

    years = [{"year": 2025, "index": 90.0, "index_lo": 89.0, "index_hi": 91.0}, {"year": 2026, "index": None}]
    case = {"id": "q", "title": {}}
    quality = {"schema": "riskkit.quality/1", "case": case, "inputs": {"on": "2026-12-31"}, "years": years,
               "verdicts": [{"year": 2026, "decision": "unknown"}]}  # fmt: skip
    rows = [{"hs": "1", "decision": "propose_in", "n_tested": 5.0}, {"hs": "2", "decision": "stay_in", "n_tested": 5.0},
            {"hs": "3", "decision": "propose_in", "n_tested": 5.0}]  # fmt: skip
    review = {"schema": "riskkit.catalogue/1", "case": case, "inputs": {"on": "2026-05-01"}, "proposals": rows,
              "moved": {"propose_in": ["1"], "propose_out": []}}  # fmt: skip
    put("new", quality, 200)
    put("old", quality | {"years": years[:1]}, 100)
    put("review", review, 50)
    put("bad", "[", 300)
    put("short", {"schema": "riskkit.quality/1", "inputs": {"on": "x"}}, 400)
    found = newest_results(result_files(tmp_path))
    assert len(found["quality"]["years"]) == 2 and newest_results(result_files(None)) == {}
    words = str(results_section(found))
    assert "3 commodities: 2 proposed in (1 of them deferred" in words and "in (deferred)" in words
    assert "2026 | —" in words and "cannot be said" in words
    found = {}
    assert "riskkit run catalogue_review" in str(results_section(found))


def test_cases_that_lie_where_the_server_was_started_stand_beside_the_shipped_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = case_path(NOTE7).read_text(encoding="utf-8")
    own = text.replace(f'id = "{NOTE7}"', 'id = "my-phone"', 1)
    for name, content in {
        "my_phone": own,
        "note7": text,
        "open": own[:300],
        "access": 'method = "token"',
    }.items():
        (tmp_path / f"{name}.toml").write_text(content, encoding="utf-8")
    (tmp_path / "linked.toml").symlink_to(ROOT / "pyproject.toml")
    assert own_cases({}) == {}
    found = own_cases({"RISKKIT_CASES": str(tmp_path)})
    assert found == {"my-phone": str(tmp_path / "my_phone.toml")}
    monkeypatch.setenv("RISKKIT_CASES", str(tmp_path))
    shown = in_language("en", what_if, "my-phone", draws=200)
    (choice,) = [one for one in walk(shown) if getattr(one, "address", "") == "case"]
    assert choice.value == "my-phone" and {name for _, name in choice.options} >= {"my-phone", NOTE7}
    monkeypatch.setattr(overview_panel, "shipped_cases", lambda: (NOTE7,))
    board = in_language("en", overview_panel.overview, [], draws=200)
    (table,) = [one for one in walk(board) if getattr(one, "address", "") == "sort"]
    assert ["case=my-phone" in row[1]["href"] for row in table.rows].count(True) == 1 and len(table.rows) == 2


def _on(day: str, level: str, name: str = "a") -> Record:
    record = _record(name, level, level)
    return {**record, "case": record["case"] | {"assessed_on": day}}


def test_levels_over_time_are_counted_in_their_weeks_months_and_years() -> None:
    records = [_on("2026-03-01", "Ⅰ"), _on("2026-03-02", "Ⅰ"), _on("2026-03-08", "Ⅳ"), _on("2026-03-20", "Ⅰ")]
    assert usual_every(records) == "week" and usual_every([*records, _on("2025-06-01", "Ⅱ")]) == "month"
    assert usual_every([*records, _on("2024-06-01", "Ⅱ")]) == "year"
    picture = level_trend(records, every="week")
    rows = [row[:2] + row[4:5] for row in picture.table.rows]
    assert rows == [("2026-02-23", "1", "0"), ("2026-03-02", "1", "1"), ("2026-03-09", "0", "0"),
                    ("2026-03-16", "1", "0")]  # fmt: skip
    first, labels = (
        picture.figure["data"][0],
        [one["text"] for one in picture.figure["layout"]["annotations"]],
    )
    assert first["text"] == ["1", "1", "", "1"] and labels[0].startswith("■ Level Ⅰ")
    assert "4 cases from 2026-02-23 to 2026-03-16" in picture.alt
    assert level_trend([], every="year").alt.startswith("No case")


def test_cases_before_the_periods_that_fit_are_counted_in_words() -> None:
    records = [_on("2020-05-05", "Ⅱ"), _on("2026-05-05", "Ⅱ"), _on("2026-12-05", "Ⅱ")]
    picture = level_trend(records, every="month")
    assert len(picture.table.rows) == 12 and picture.table.rows[-1][2] == "1"
    assert "1 earlier case is not drawn" in picture.alt
    assert [row[2] for row in level_trend(records, every="year").table.rows] == ["1", *["0"] * 5, "2"]


def test_cases_are_counted_where_their_sources_say_they_were() -> None:
    port = {"zh": "宁波", "en": "Ningbo"}
    here = [{"province": "330000", "port": port}, {"province": "330000", "port": None}]
    records = [_record("a", "Ⅱ", "Ⅱ"), _record("b", "Ⅱ", "Ⅱ")]
    placed = {**records[0], "case": records[0]["case"] | {"places": here}}
    picture = case_map([placed, records[1]])
    assert [row[0] for row in picture.table.rows] == ["Zhejiang (ZJ)", "Ningbo"]
    assert picture.table.rows[0][2] == "1"
    notes = " ".join(one["text"] for one in picture.figure["layout"]["annotations"]).replace("<br>", " ")
    assert "1 of 2 cases" in notes
    shipped = case_map([_case_record(name) for name in shipped_cases()])
    assert [row[0] for row in shipped.table.rows] == ["Zhejiang (ZJ)", "Guangdong (GD)", "Ningbo"]


def _case_record(name: str) -> Record:
    places = [
        {"province": one.province, "port": one.port and {"zh": one.port.zh, "en": one.port.en}}
        for one in load_case(name).places
    ]
    return {"case": {"places": places}}


def test_changes_of_warnings_come_from_the_ledger() -> None:
    now = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
    events = sample_events(now)
    week = warning_changes(events, since=now - dt.timedelta(days=7), now=now)
    ever = warning_changes(events, since=now - dt.timedelta(days=90), now=now)
    assert {one.kind for one in ever} == {"new"} and {one.before for one in ever} == {None}
    names = {one.now.state.warning_id for one in week}
    assert names < {one.now.state.warning_id for one in ever}
    assert warning_changes(events, since=now, now=now) == []
    told = str(warning_section(week, since=now))
    assert all(one.now.title["en"] in told for one in week) and "new" in told
    assert "RISKKIT_LEDGER" in str(warning_section(None, since=now))
    assert "no warning of the ledger" in str(warning_section([], since=now))


def test_outlines_of_ones_own_are_drawn_or_refused_with_all_faults() -> None:
    panel = Overview((NOTE7,), profile="house_matrix", draws=50, seed=1)
    ring = [[0, 0], [1, 0], [1, 1], [0, 0]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    named = {"type": "Feature", "properties": {"name": "浙江"}, "geometry": shape}
    nowhere = {"type": "Feature", "properties": {"name": "<b>"}, "geometry": {"type": "Point"}}

    def send(name: str, *features: object) -> None:
        content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
        facts = {"name": name, "type": "", "size": len(content), "last_modified": dt.datetime.now(dt.UTC)}
        panel.file.value = ({**facts, "content": memoryview(content)},)

    send("a.geojson", nowhere)
    assert "2 faults" in panel.told.value and panel.outlines is None and "<b>" not in panel.told.value
    send("a.svg", named)
    assert "a .geojson or .json file" in panel.told.value and panel.outlines is None
    send("a.geojson", named)
    assert list(panel.outlines or ()) == ["330000"] and "Drawn on 1 outline" in panel.told.value
    assert any(trace["mode"] == "lines" for trace in panel.map.chart.figure["data"])
