"""The notebook of referrals: whole, the same in both languages, clear about bad folders."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from notebook_reports import check_report

from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.referral import referral_report as public
from riskkit.workbench.reports.referral import referral_report as referral
from riskkit.workbench.reports.referral.referral_study import study_referral

EXAMPLE = shipped.home() / "data" / "examples" / "referral"
ON = "2026-05-15"
PARTS = (referral.referral_summary, referral.referral_routes, referral.referral_clocks, referral.referral_papers,
         referral.referral_rewards, public.referral_publication, public.referral_list,
         public.referral_draw, public.referral_map, public.referral_hot_spots,
         referral.referral_lawyer)  # fmt: skip
IDS = [f"referral-{name}" for name in ("summary", "routes", "clocks", "papers", "rewards", "publication", "list",
                                       "draw", "map", "hot-spots", "lawyer")]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_notebook_makes_a_report_and_the_same_result_again(tmp_path: Path, lang: str) -> None:
    check_report("referral", tmp_path, lang=lang, parts=[*IDS, "limits", "house-numbers"])


def study(folder: Path | str = "referral", on: str = ON) -> Any:
    return study_referral(str(folder), on=on)


def cells(section: Any, place: int = 0) -> list[tuple[str, ...]]:
    return [block for block in section.blocks if block.kind == "table"][place].rows


def test_both_languages_show_the_same_parts_and_numbers() -> None:
    found = study()
    for part in PARTS:
        zh, en = in_language("zh", part, found), part(found)
        assert zh.id == en.id and zh.title != en.title
        if isinstance(zh, Picture):
            assert zh.figure["layout"]["shapes"] == en.figure["layout"]["shapes"]
        else:
            counts = [[len(one.rows) for one in each.blocks if one.kind == "table"] for each in (zh, en)]
            assert counts[0] == counts[1]


def test_the_example_says_what_can_be_worked_out_by_hand() -> None:
    found = study()
    # 5 % of 12 million is 600,000, above the 500,000 of the finance department; 5 % of 40 million is capped
    assert found.rewards["amount"].fillna(-1).tolist() == [600_000, 3_000, 1_000, 0, 0, 1_000_000, -1]
    rows = {row[0]: row for row in cells(referral.referral_rewards(found))}
    assert "finance department" in rows["A1"][-1] and "inside reporter" in rows["A1"][-1]
    assert rows["A5"][4].startswith("excluded from reward; staff") and rows["A7"][3] == "unknown"
    # 15 days after 20 April end on 5 May, a holiday of 2026: the next working day is 6 May
    assert found.clocks["due_on"].dt.date.astype(str).tolist()[5] == "2026-05-06"
    first = cells(referral.referral_clocks(found))[0]
    assert (first[0], first[4], first[5]) == ("A3", "overdue", "-9")
    routes = cells(referral.referral_routes(found))
    assert (
        routes[4][1].startswith("not ruled out: transfer") and routes[4][3] == "whether a crime is suspected"
    )
    papers = cells(referral.referral_papers(found))
    assert papers[2][3] == "proof that the notice was given"


def test_the_draw_can_be_repeated_from_what_the_report_shows() -> None:
    section = public.referral_draw(study())
    shown = dict(cells(section))
    names = pd.read_csv(EXAMPLE / "draw_names.csv")["name"]
    assert hashlib.sha256("\n".join(names).encode()).hexdigest() == shown["digest of the list (SHA-256)"]
    seed = f"{shown['secret revealed after the draw']}/{shown['public number']}"
    order = sorted(names, key=lambda name: hashlib.sha256(f"{seed}|{name}|1".encode()).hexdigest())
    assert [row[1] for row in cells(section, 1)] == order[:5]


def test_a_draw_that_does_not_fit_is_said_and_the_secret_is_kept_until_it_is_made(tmp_path: Path) -> None:
    row = rows("draw")
    other = study(changed(tmp_path / "a", draw_names=rows("draw_names").iloc[::-1]))
    assert other.draw.state == "does_not_fit" and other.draw.drawn.empty
    assert "the draw is void" in str(public.referral_draw(other))
    assert "does not fit" in str(referral.referral_summary(other))
    for place, (change, state) in enumerate(
        [({"public": None}, "waiting"), ({"list_digest": None, "public": None}, "to_publish"),
         ({"secret": None}, "waiting")]
    ):  # fmt: skip
        found = study(changed(tmp_path / f"b{place}", draw=row.assign(**change)))
        assert found.draw.state == state
        assert str(row["secret"].iloc[0]) not in str(public.referral_draw(found))
    assert study(changed(tmp_path / "c", draw=None, draw_names=None)).draw.state == "none"


def test_an_unknown_port_leaves_its_province_open(tmp_path: Path) -> None:
    places = rows("places")
    places.loc[places["port"].str.contains("Yiwu"), "n_cases"] = None
    found = study(changed(tmp_path, places=places))
    assert pd.isna(found.provinces.at["330000", "n_cases"])
    assert found.provinces.at["330000", "reason"] == "hot_unknown"
    assert "Zhejiang (ZJ)" not in [row[0] for row in public.referral_map(found).table.rows]


def changed(tmp_path: Path, **tables: pd.DataFrame | None) -> Path:
    folder = tmp_path / "own"
    shutil.copytree(EXAMPLE, folder)
    for name, table in tables.items():
        (folder / f"{name}.csv").unlink()
        if table is not None:
            table.to_csv(folder / f"{name}.csv", index=False)
    return folder


def rows(name: str) -> pd.DataFrame:
    return pd.read_csv(EXAMPLE / f"{name}.csv", dtype=object)


def test_a_folder_with_cases_alone_shows_routes_alone(tmp_path: Path) -> None:
    others = [path.stem for path in EXAMPLE.glob("*.csv") if path.stem != "cases"]
    found = study(changed(tmp_path, **dict.fromkeys(others)))
    shown = [part(found) for part in PARTS]
    ids = [part.id for part in shown if part is not None]
    assert ids == ["referral-summary", "referral-routes", "referral-papers", "referral-lawyer"]


def test_all_faults_of_all_files_are_listed_at_once(tmp_path: Path) -> None:
    wrong = changed(
        tmp_path / "a",
        cases=rows("cases").assign(is_harm_growing="maybe"),
        rewards=rows("rewards").assign(amount_fines="-1"),
        penalties=rows("penalties").assign(penalty="jail"),
        clocks=rows("clocks").assign(started_on="2027-01-01"),
    )
    with pytest.raises(InputFaults) as caught:
        study(wrong)
    for word in ("is_harm_growing", "amount_fines", "jail", "started_on"):
        assert word in str(caught.value)
    with pytest.raises(InputFaults, match=r"(?s)cases: row 2.*clocks: row 4.*places: row 1.*Atlantis"):
        study(changed(tmp_path / "b", cases=rows("cases").assign(case_id="A1"),
                      places=rows("places").assign(province="Atlantis")))  # fmt: skip
    with pytest.raises(InputFaults, match="rewards: row 2: case_id: 'A1', must be: an id, each once"):
        study(changed(tmp_path / "e", rewards=rows("rewards").assign(case_id="A1")))
    with pytest.raises(InputFaults, match="complain"):
        study(changed(tmp_path / "c", papers=rows("papers").assign(item="complain")))
    with pytest.raises(InputFaults, match="draw_names"):
        study(changed(tmp_path / "d", draw_names=None))
    with pytest.raises(InputFaults, match=r"cases\.csv"):
        study(tmp_path)
    for day in ("", "May"):
        with pytest.raises(InputFaults, match="YYYY-MM-DD"):
            study(on=day)


def test_the_example_says_that_it_is_made_up() -> None:
    said = (EXAMPLE.parent / "README.md").read_text(encoding="utf-8")
    assert "`referral/`" in said
