"""What a run of the benchmarks found is kept, compared, and stands in the page of speeds."""

from __future__ import annotations

import json
from pathlib import Path

import kept
import pytest
from measure import say

ROW = {"on": "2026-01-02", "is_busy": False, "python": "3.11"}


@pytest.fixture
def nothing_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "found", {})


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_of_speeds_holds_what_the_tracked_run_found(lang: str) -> None:
    assert kept.page(lang, kept.last()) == kept.PAGES[lang].read_text(encoding="utf-8")


def test_a_figure_of_the_page_comes_from_the_run() -> None:
    case = "one report, command line to page"
    rows = {case: {**ROW, "figures": {"cpu_s": 1.25, "stock_engine_cpu_s": 9.0}}}
    for lang, shown in (("en", "| 1.2 CPU s; 9.0 CPU s |"), ("zh", "| 1.2 CPU 秒；9.0 CPU 秒 |")):
        assert shown in kept.page_table(rows, lang)
    rows[case]["is_busy"] = True
    assert "| 1.2 CPU s; 9.0 CPU s (busy machine, 2026-01-02) |" in kept.page_table(rows, "en")
    assert "| – |" in kept.page_table({}, "en")


def test_a_peer_that_was_not_installed_has_no_figure_in_the_page() -> None:
    names = [f"EARS C{n}, every week of 1,000 × 520 [CPU s]" for n in (1, 2, 3)]
    names.append("Farrington Flexible, newest week of 1,000 × 520 [CPU s]")
    without = {name: {**ROW, "figures": {"ours": 0.25}} for name in names}
    told = {name: {**ROW, "figures": {"ours": 0.25, "times_r": 111.0}} for name in names}
    for lang in kept.PAGES:
        assert "111" in kept.page_table(told, lang) and "111" not in kept.page_table(without, lang)
        assert kept.page_table(told, lang).replace("111", "–") == kept.page_table(without, lang)


def test_a_table_has_ours_peers_and_memory_apart_and_says_what_moved(nothing_found: None) -> None:
    say("a case", cpu_s=0.5, times_peer=4, peak_mib=120)
    say("  a peer", s=2)
    say("  another peer", s=3)
    say("another", s=1)
    assert list(kept.found) == ["a case", "a case · a peer", "a case · another peer", "another"]
    assert "| a case | cpu_s 0.5 | times_peer 4 | peak_mib 120 |" in kept.table(kept.found)
    before = {"a case": {**ROW, "figures": {"cpu_s": 1.5, "times_peer": 3.9}}}
    assert kept.moves(before, kept.found) == ["a case: cpu_s 1.5 → 0.5"]
    assert kept.moves(kept.found, kept.found) == []


def test_a_run_is_kept_beside_older_cases_unless_a_floor_breaks(
    nothing_found: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "LAST", tmp_path / "last.json")
    pages = {lang: tmp_path / f"{lang}.md" for lang in kept.PAGES}
    for lang, path in pages.items():
        path.write_text(f"# x\n\n{kept.page_table({}, lang)}", encoding="utf-8")
    monkeypatch.setattr(kept, "PAGES", pages)
    say("a case", s=1)
    assert "not kept" in kept.finish(is_whole=False)
    assert not kept.LAST.exists()
    kept.finish(is_whole=True)
    kept.found.clear()
    say("another", s=2)
    kept.finish(is_whole=True)
    rows = json.loads(kept.LAST.read_bytes())["rows"]
    assert {what: row["figures"] for what, row in rows.items()} == {
        "a case": {"s": 1.0},
        "another": {"s": 2.0},
    }
    assert pages["en"].read_text(encoding="utf-8") == f"# x\n\n{kept.page_table(rows, 'en')}"
