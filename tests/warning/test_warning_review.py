"""The review of warnings: what stands, what changed, what new evidence asks; and evidence that cannot be read."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest
from warned import NOW, issued, room_in, step

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.warning.dynamics.adjustment import MOVES, REASONS, adjustments
from riskkit.words.catalogue import warning_text as say
from riskkit.workbench.commands import cli
from riskkit.workbench.flows.warnings.review import warning_reports as warnings
from riskkit.workbench.flows.warnings.review.board_rows import board_rows
from riskkit.workbench.flows.warnings.review.warning_reports import asked_moves, checked_evidence

DAY = dt.timedelta(days=1)


@pytest.fixture
def ledger(tmp_path: Path) -> str:
    room = room_in(tmp_path)
    issued(room)
    room.clock.now += 20 * DAY  # type: ignore[attr-defined]
    step(room, "raised", "b", level=4, is_authorised=True)
    room.ledger.close()
    return str(tmp_path / "ledger.sqlite")


def day(n: int) -> str:
    return (NOW + n * DAY).date().isoformat()


def put(
    folder: Path, *lines: str, head: str = "warning_id,on,level_lo,level_hi,effect_agrees,has_consent"
) -> str:
    path = folder / "evidence.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return str(path)


def test_only_what_was_decided_in_the_time_asked_for_is_told(ledger: str) -> None:
    late = warnings.open_review(ledger, on=day(21), days=10)
    table = warnings.changes_part(late).blocks[0]
    assert [row[2] for row in table.rows] == ["Raised"]  # type: ignore[union-attr]
    assert table.rows[0][3].replace("\xa0", " ") == "◆ Ⅱ → ■ Ⅰ"  # type: ignore[union-attr]
    whole = warnings.open_review(ledger, on=day(21), days=30)
    assert len(warnings.changes_part(whole).blocks[0].rows) == 4  # type: ignore[union-attr]
    early = warnings.open_review(ledger, on=day(3), days=30)
    assert early.rows[0].state.level == 3  # as it stood on that day
    none = in_language("zh", warnings.changes_part, warnings.open_review(ledger, on=day(60), days=5))
    assert "没有作出任何决定" in str(none)


def test_evidence_asks_what_the_rules_of_adjustment_say(ledger: str, tmp_path: Path) -> None:
    lines = [f"w-1,{day(n)},Ⅳ,Ⅲ,yes,yes" for n in range(21, 40, 4)]
    review = warnings.open_review(ledger, on=day(60), evidence=put(tmp_path, *lines))
    assert review.moves is not None
    row = review.moves.iloc[0]
    assert (row["move"], row["level_after"], row["reason"]) == ("lower", 3, "held_below")
    board = pd.DataFrame(
        {"warning_id": ["w-1"], "level": [4], "effect_agrees": [True], "has_consent": [True]}
    )
    seen = pd.DataFrame(
        {"warning_id": "w-1", "at": pd.to_datetime([f"{day(n)}T00:00+08:00" for n in range(21, 40, 4)]),
         "level_lo": 1, "level_hi": 2}
    )  # fmt: skip
    direct = adjustments(board, seen, now=review.now)
    assert direct["reason"].tolist() == review.moves["reason"].tolist()
    assert direct["held_days"].tolist() == review.moves["held_days"].tolist()


@pytest.mark.parametrize("row", ["1,1", "Ⅳ,1", "４,Ⅰ", "grade 4,Ⅰ", "Ⅳ,serious", "Ⅳ-Ⅲ,Ⅰ"])
def test_evidence_whose_level_could_be_another_is_refused_with_what_is_accepted(
    ledger: str, tmp_path: Path, row: str
) -> None:
    with pytest.raises(InputFaults, match=r"Ⅰ \(I, 1, 一级, red, 红\).*no bare number but 0"):
        warnings.open_review(ledger, on=day(60), evidence=put(tmp_path, f"w-1,{day(21)},{row},,"))


def test_evidence_of_no_warning_is_read_beside_gaps(ledger: str) -> None:
    rows = pd.DataFrame(
        {"warning_id": "w-1", "on": day(21), "level_lo": ["none", 0.0, None], "level_hi": ["四级"] * 3}
    )
    found = checked_evidence(rows, known=["w-1"]).assessments
    assert found["level_lo"].tolist() == [0, 0, pd.NA] and found["level_hi"].tolist() == [1, 1, 1]


def test_evidence_from_before_the_level_was_raised_does_not_lower_it(ledger: str, tmp_path: Path) -> None:
    lines = [f"w-1,{day(n)},Ⅳ,Ⅲ,yes,yes" for n in range(1, 20, 3)]
    review = warnings.open_review(ledger, on=day(60), evidence=put(tmp_path, *lines))
    assert review.moves is not None and review.moves["move"].tolist() == ["hold"]


def test_silence_about_effect_and_consent_is_not_agreement(ledger: str, tmp_path: Path) -> None:
    lines = [f"w-1,{day(n)},Ⅳ,yellow" for n in range(21, 40, 4)]
    path = put(tmp_path, *lines, head="warning_id,on,level_lo,level_hi")
    review = warnings.open_review(ledger, on=day(60), evidence=path)
    assert review.moves is not None and review.moves["reason"].tolist() == ["effect_not_agreed"]


def test_no_evidence_no_proposal(ledger: str) -> None:
    review = warnings.open_review(ledger, on=day(60))
    assert review.moves is None
    assert "does not mean less risk" in str(warnings.moves_part(review))


def test_everything_wrong_with_evidence_is_said_at_once(ledger: str, tmp_path: Path) -> None:
    path = put(
        tmp_path, "w-9,2026-02-30,5,x,maybe,yes", "w-1,=1+1,Ⅱ,Ⅲ,yes,<b>", "w-1,2026-05-01,,,no,", ",,,,,"
    )  # fmt: skip
    with pytest.raises(InputFaults) as caught:
        warnings.open_review(ledger, on=day(60), evidence=path)
    places = {one.place for one in caught.value.faults}
    assert places == {
        "evidence[1].warning_id", "evidence[1].on", "evidence[1].level_lo", "evidence[1].level_hi",
        "evidence[1].effect_agrees", "evidence[2].on", "evidence[2].level_hi", "evidence[2].has_consent",
        "evidence[4].warning_id", "evidence[4].on",
    }  # fmt: skip


@pytest.mark.parametrize("on", ["2026-02-30", "yesterday", "20260501T00"])
def test_a_day_that_is_none_is_refused(ledger: str, on: str) -> None:
    with pytest.raises(InputFaults, match="YYYY-MM-DD"):
        warnings.open_review(ledger, on=on)


def test_missing_columns_and_files_are_refused(ledger: str, tmp_path: Path) -> None:
    with pytest.raises(InputFaults) as caught:
        warnings.open_review(ledger, evidence=put(tmp_path, "w-1,2", head="warning_id,level_hi"))
    assert {one.place for one in caught.value.faults} == {"evidence.on", "evidence.level_lo"}
    with pytest.raises(InputFaults):
        warnings.open_review(ledger, evidence=str(tmp_path / "none.csv"))


def test_every_move_and_reason_has_words() -> None:
    for lang in ("zh", "en"):
        for key in (*(f"move_{one}" for one in MOVES), *(f"moved_{one}" for one in REASONS)):
            assert in_language(lang, say, key)


def test_warnings_not_issued_are_not_adjusted(tmp_path: Path) -> None:
    room = room_in(tmp_path)
    step(room, "proposed", level=2)
    rows = board_rows(room.ledger.events(), now=NOW + DAY)
    room.ledger.close()
    given = checked_evidence(
        pd.DataFrame({"warning_id": ["w-1"], "on": [day(0)], "level_lo": ["Ⅰ"], "level_hi": ["red"]}),
        known=["w-1"],
    )
    assert asked_moves(rows, given, now=NOW + DAY).empty


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_notebook_shows_a_ledger(ledger: str, tmp_path: Path, lang: str) -> None:
    told = ["run", "warning_review", "--lang", lang, "--out", str(tmp_path / "out")]
    assert cli.main([*told, "-p", f"ledger={ledger}", "-p", f"on={day(25)}"]) == 0
    folder = next((tmp_path / "out").rglob("report.html")).parent
    page = (folder / "report.html").read_text(encoding="utf-8")
    record = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert [(one["id"], one["phase"], one["level"]) for one in record["warnings"]] == [("w-1", "issued", "Ⅰ")]
    assert not record["is_sample"] and record["proposals"] == []
    assert (
        in_language(lang, say, "lives_title") in page
        and in_language(lang, say, "review_no_evidence")[:12] in page
    )
    assert in_language(lang, say, "review_sample")[:25] not in page
