"""The injury severity table and the Harmonized System chapters: complete, lawful, in both languages."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pandas as pd
import pytest
from shared import ROOT

FOLDER = ROOT / "riskkit" / "standard_tables"
TAIL = ["source_id", "locator", "status", "valid_from", "valid_to"]
HEADS = {
    "injury_severity": ["injury", "level", "zh", "en", *TAIL],
    "hs_chapters": ["chapter", "zh", "en", *TAIL],
}
CJK = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
HAN = re.compile(r"[\u3400-\u9fff]")

# The cells the source fills. Levels where it only points elsewhere (a pinch graded by its final outcome,
# a current's burn graded as a burn) state no harm of their own and have no row.
FILLED = {
    "laceration": "1234",
    "bruising": "1234",
    "concussion": "234",
    "entrapment": "14",
    "sprain": "123",
    "dislocation": "234",
    "fracture": "234",
    "crushing": "34",
    "amputation": "34",
    "piercing": "1234",
    "ingestion": "34",
    "airway_obstruction": "34",
    "suffocation": "34",
    "drowning": "4",
    "burn": "1234",
    "electric_shock": "24",
    "neurological": "3",
    "eye_injury": "1234",
    "hearing_injury": "1234",
    "poisoning": "1234",
    "irritation": "1234",
    "allergy": "1234",
    "long_term_damage": "1234",
    "infection": "234",
    "other_harm": "1234",
}


def read(name: str) -> pd.DataFrame:
    """A table as text, empty cells kept as empty text."""
    return pd.read_csv(FOLDER / f"{name}.csv", dtype=str, keep_default_na=False, encoding="utf-8")


@pytest.fixture(params=sorted(HEADS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def injuries() -> pd.DataFrame:
    return read("injury_severity")


def test_columns_and_line_ends(name: str) -> None:
    raw = (FOLDER / f"{name}.csv").read_bytes()
    assert list(read(name).columns) == HEADS[name]
    assert b"\r" not in raw and not raw.startswith(b"\xef\xbb\xbf") and raw.endswith(b"\n")


def test_statuses_are_lawful_and_rows_sourced(name: str) -> None:
    rows = read(name)
    assert set(rows["status"]) <= {"published", "derived", "house"}
    assert (rows[["source_id", "locator"]] != "").all(axis=None)
    assert (rows[["valid_from", "valid_to"]] == "").all(axis=None)


def test_every_wording_stands_in_its_language(name: str) -> None:
    rows = read(name)
    assert rows["zh"].str.contains(HAN).all()
    assert not rows["en"].str.contains(CJK).any()
    assert rows["en"].str.contains("[A-Za-z]").all()
    assert not rows["zh"].str.contains("[,;:()]").any(), "Chinese wording takes Chinese punctuation"
    for column in ("zh", "en"):
        assert (rows[column] == rows[column].str.strip()).all()
        assert not rows[column].str.endswith((".", "。")).any()


def test_both_languages_state_the_same_numbers(name: str) -> None:
    rows = read(name)
    number = r"[<>≤≥] ?\d+|\d+"
    in_zh = rows["zh"].str.findall(number)
    in_en = rows["en"].str.findall(number)
    assert [sorted(x) for x in in_zh] == [sorted(x) for x in in_en]


def test_one_row_for_each_filled_cell_and_none_for_an_empty_one(injuries: pd.DataFrame) -> None:
    assert not injuries.duplicated(["injury", "level"]).any()
    found = injuries.groupby("injury", sort=False)["level"].agg("".join).to_dict()
    assert found == FILLED
    assert set(injuries["level"]) == {"1", "2", "3", "4"}


def test_no_two_levels_of_an_injury_read_alike(injuries: pd.DataFrame) -> None:
    assert not injuries.duplicated(["injury", "zh"]).any()
    assert not injuries.duplicated(["injury", "en"]).any()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_burn_bands_meet_without_gap_or_overlap(injuries: pd.DataFrame, language: str) -> None:
    burns = injuries[injuries["injury"] == "burn"].set_index("level")[language]
    bounds = {level: re.findall(r"[<>≤≥]|\d+ ?%", text) for level, text in burns.items()}
    bare = {level: "".join(found).replace(" ", "") for level, found in bounds.items()}
    assert bare == {"1": "100%<6%", "2": "6%≤<16%", "3": "16%≤≤35%≤35%", "4": ">35%"}


def test_bruise_and_cut_sizes(injuries: pd.DataFrame) -> None:
    wording = injuries.set_index(["injury", "level"])["en"]
    assert "at most 25 cm² on the face or 50 cm² on the body" in wording["bruising", "1"]
    assert "over 25 cm² on the face or over 50 cm² on the body" in wording["bruising", "2"]
    assert "over 10 cm on the body or over 5 cm on the face" in wording["laceration", "2"]


def test_sources_of_the_injury_table(injuries: pd.DataFrame) -> None:
    other = injuries["injury"] == "other_harm"
    named = injuries[["source_id", "locator"]].apply(tuple, axis=1)
    assert set(named[other]) == {("eu_2024_3173", "Annex II, 3.3.3")}
    assert set(named[~other]) == {("eu_2019_417", "Appendix 6, Table 3")}
    assert set(injuries.loc[other, "status"]) == {"published"}
    assert set(injuries.loc[~other, "status"]) == {"derived", "house"}


def test_wordings_nobody_could_check_are_called_house(injuries: pd.DataFrame) -> None:
    status = injuries.set_index(["injury", "level"])["status"]
    assert set(status["long_term_damage"]) == {"house"}
    assert status["drowning", "4"] == status["suffocation", "4"] == status["eye_injury", "1"] == "house"
    assert status["burn", "1"] == status["electric_shock", "4"] == status["concussion", "3"] == "derived"


def test_chapters_are_01_to_97_without_the_reserved_77() -> None:
    rows = read("hs_chapters")
    assert rows["chapter"].tolist() == [f"{n:02d}" for n in range(1, 98) if n != 77]
    assert (rows["locator"] == "Chapter " + rows["chapter"]).all()
    assert set(rows["source_id"]) == {"wco_hs"}
    assert set(rows["status"]) == {"derived"}


def test_chapter_titles_are_distinct_and_short() -> None:
    rows = read("hs_chapters")
    assert not rows["zh"].duplicated().any() and not rows["en"].duplicated().any()
    assert rows["zh"].str.len().max() <= 30 and rows["en"].str.len().max() <= 90


@pytest.mark.parametrize(
    ("chapter", "zh", "en"),
    [("61", "针织", "knitted"), ("85", "电", "Electrical"), ("87", "车", "vehicles"), ("95", "玩具", "Toys")],
)
def test_chapters_much_used_in_product_safety(chapter: str, zh: str, en: str) -> None:
    row = read("hs_chapters").set_index("chapter").loc[chapter]
    assert zh in row["zh"] and en in row["en"]


@pytest.mark.parametrize("path", sorted(FOLDER.parent.rglob("*.csv")), ids=lambda path: path.stem)
def test_no_row_of_a_shipped_table_has_lost_or_gained_a_cell(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert [n for n, row in enumerate(rows, start=1) if len(row) != len(rows[0])] == []
