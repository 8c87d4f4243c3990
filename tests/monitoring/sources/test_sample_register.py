"""The made register: exact known answers at any size, everything marked as made, the same for the same seed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from native_files import reader
from shared import ROOT

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.monitoring.sources.sample_files import write_sample
from riskkit.monitoring.sources.sample_register import FEWEST_ROWS, SampleRegister, failures, sample_register
from riskkit.monitoring.sources.sample_rows import SYNTHETIC
from riskkit.monitoring.sources.sheets.sheets import sheet_names

# n and nonconforming as the announcements state them (year, what, lots, failing, share stated in %)
PUBLISHED = {
    "clothing_2015": (31_300, 1_839, 5.87),
    "food_contact_2015": (108_000, 8_331, 7.71),
    "off_catalogue_2017": (6_769, 1_891, 27.9),
    "toy_adapters_2015": (50, 48, 96),
    "cbec_children_2019": (123, 30, 24.39),
    "baby_clothing_2019": (1_478, 331, 22.4),
    "cbec_2021": (562, 55, 9.79),
    "national_sampling_2022": (19_440, 1_827, 9.4),
}


def made(n_rows: int, seed: int = 1) -> SampleRegister:
    return sample_register(n_rows, rng=np.random.default_rng(seed))


def good_records(register: SampleRegister) -> pd.DataFrame:
    """The records of all sheets without repetitions and without the rows that are made to be refused."""
    read = [reader(sheet).to_records(rows.drop_duplicates()) for sheet, rows in register.sheets.items()]
    every = pd.concat(read, ignore_index=True)
    return every[~every["evidence"].str.startswith("SYN-BAD-")]


@pytest.mark.parametrize("n_rows", [FEWEST_ROWS, 2_000, 20_000])
def test_every_programme_has_the_published_numbers(n_rows: int) -> None:
    records = good_records(made(n_rows))
    of = records["evidence"].str.extract(r"^SYN-(.+)-\d+$")[0]
    tested = pd.to_numeric(records["n_tested"]).groupby(of).sum()
    failed = pd.to_numeric(records["n_nonconforming"]).groupby(of).sum()
    for programme, (n, x, share) in PUBLISHED.items():
        assert (tested[programme], failed[programme]) == (n, x)
        last_digit = 10.0 ** -len(str(share).partition(".")[2])
        assert (
            abs(100 * failed[programme] / tested[programme] - share) < last_digit
        )  # 5.875 is stated as 5.87


@pytest.mark.slow
def test_from_two_hundred_thousand_rows_on_a_lot_has_its_own_row() -> None:
    register = made(210_000)
    assert sum(len(rows) for rows in register.sheets.values()) == 210_000
    assert (register.programmes["rows"] == register.programmes["n"]).all()
    records = good_records(register)
    of = records["evidence"].str.extract(r"^SYN-(.+)-\d+$")[0]
    programme = of.isin(PUBLISHED)
    assert (records.loc[programme, "n_tested"] == "1").all()
    failed = pd.to_numeric(records["n_nonconforming"]).groupby(of).sum()
    assert {name: int(failed[name]) for name in PUBLISHED} == {
        name: x for name, (_, x, _) in PUBLISHED.items()
    }


@settings(max_examples=15)
@given(st.integers(min_value=FEWEST_ROWS, max_value=3_000), st.integers(min_value=0, max_value=2**32))
def test_there_are_as_many_rows_as_asked_for_and_their_kinds_add_up(n_rows: int, seed: int) -> None:
    register = made(n_rows, seed)
    assert tuple(register.sheets) and set(register.sheets) == set(sheet_names())
    assert sum(len(rows) for rows in register.sheets.values()) == n_rows
    for told in register.rows.itertuples():
        rows = register.sheets[str(told.sheet)]
        bad = rows.iloc[:, 0].str.startswith("SYN-BAD-")
        assert (len(rows), bad.sum()) == (told.rows, told.faulty)
        assert rows[~bad].duplicated().sum() == told.repeated
    assert register.rows["repeated"].sum() >= 6
    assert register.rows["faulty"].sum() >= 6


def test_every_row_says_that_it_is_made() -> None:
    for sheet, rows in made(1_000).sheets.items():
        found = reader(sheet).to_records(rows)
        assert found["evidence"].str.startswith("SYN-").all()
        assert found["text"].str.contains(SYNTHETIC, regex=False).all()


def test_the_same_seed_gives_the_same_register_and_another_seed_another() -> None:
    one, two, other = made(700, 5), made(700, 5), made(700, 6)
    for sheet in sheet_names():
        pd.testing.assert_frame_equal(one.sheets[sheet], two.sheets[sheet])
    assert not one.sheets["complaint"].equals(other.sheets["complaint"])


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 600 rows, not 599"):
        made(599)


def test_it_looks_like_a_register() -> None:
    """Several origins, ports, goods and ways to write a brand; seasons; late reports; two reports of one event."""
    register = made(20_000)
    records = good_records(register)
    border = records[records["source_class"] == "enforcement"]
    assert border["origin"].nunique() >= 9
    assert border["origin"].isna().mean() < 0.1
    assert set(border["customs_district"]) == {"2200", "2201", "2248", "2300", "0900", "0801", "2921"}
    assert border["hs"].str.fullmatch(r"[0-9]{10}").all()
    assert records["brand"].nunique() == 40
    days = pd.to_datetime(border["date"])
    assert days.dt.day_of_week.max() <= 4
    quarter = days.dt.quarter.value_counts()
    assert quarter[4] > 1.3 * quarter[2]
    late = pd.to_datetime(records["date_reported"]) - pd.to_datetime(records["date"])
    assert late.min() >= pd.Timedelta(0)
    assert 0.005 < (late > pd.Timedelta(days=60)).mean() < 0.1
    told = records[records["source_class"] == "complaint"]
    again = told.duplicated(["date", "product", "maker", "lot", "hazard"]).sum()
    assert again > 0.03 * len(told)


def test_riskier_origins_fail_more_often() -> None:
    border = good_records(made(20_000))
    border = border[border["source_class"] == "enforcement"].dropna(subset=["origin"])
    numbers = border.assign(n=pd.to_numeric(border["n_tested"]), x=pd.to_numeric(border["n_nonconforming"]))
    sums = numbers.groupby("origin")[["n", "x"]].sum()
    rate = sums["x"] / sums["n"]
    assert rate["IN"] > 1.5 * rate["DE"]


@given(
    st.lists(st.integers(min_value=0, max_value=9), min_size=1, max_size=12).filter(any),
    st.floats(min_value=0, max_value=1),
    st.integers(min_value=0, max_value=2**32),
)
def test_failures_are_as_many_as_asked_and_never_more_than_the_lots(
    lots: list[int], share: float, seed: int
) -> None:
    n_failed = round(share * sum(lots))
    found = failures(np.array(lots), n_failed, np.random.default_rng(seed), risk=np.ones(len(lots)))
    assert found.sum() == n_failed
    assert (found <= lots).all()
    assert (found >= 0).all()


def test_failures_follow_the_risk() -> None:
    rng = np.random.default_rng(3)
    lots, risk = np.array([500, 500]), np.array([1.0, 3.0])
    share = np.mean([failures(lots, 40, rng, risk=risk)[1] for _ in range(200)]) / 40
    assert abs(share - 0.75) < 0.02


def test_the_files_are_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register = made(600)
    files = write_sample(register, tmp_path / "new", how="seed 1")
    assert sorted(file.name for file in files) == sorted(
        [*(f"{s}.csv" for s in sheet_names()), "known_answers.json"]
    )
    again = pd.read_csv(
        tmp_path / "new" / "complaint.csv", dtype="string", keep_default_na=False, na_values=[""]
    )
    pd.testing.assert_frame_equal(again, register.sheets["complaint"])
    answers = json.loads((tmp_path / "new" / "known_answers.json").read_text(encoding="utf-8"))
    assert answers["how"] == "seed 1"
    assert sum(row["rows"] for row in answers["rows"]) == 600
    with pytest.raises(InputFaults, match="a new or empty folder"):
        write_sample(register, tmp_path / "new", how="seed 1")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_sample(register, tmp_path / "later", how="seed 1")
    assert [one.name for one in tmp_path.iterdir()] == ["new"]


def test_the_published_numbers_in_the_table_are_those_of_the_announcements() -> None:
    rows = made(600).programmes.set_index("programme")
    assert {name: (int(row["n"]), int(row["n_nonconforming"])) for name, row in rows.iterrows()} == {
        name: (n, x) for name, (n, x, _) in PUBLISHED.items()
    }


def test_the_tracked_sample_is_small_and_is_what_its_page_says_it_is() -> None:
    folder = ROOT / "data" / "register_sample"
    files = sorted(file for file in folder.iterdir() if file.suffix == ".csv")
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 300_000
    again = made(900, 43)
    for file in files:
        rows = pd.read_csv(file, dtype="string", keep_default_na=False, na_values=[""], encoding="utf-8-sig")
        pd.testing.assert_frame_equal(rows, again.sheets[file.stem])
    assert {file.stem for file in files} == set(sheet_names())
    page = (folder / "README.md").read_text(encoding="utf-8")
    for programme in again.programmes.itertuples():
        assert f"| {programme.zh} | {programme.n} | {programme.n_nonconforming} |" in page
    assert "riskkit sample --rows 900 --seed 43" in page
