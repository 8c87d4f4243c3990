"""Six-digit HS codes across editions: mapped where there is one code, otherwise refused or divided as given."""

from __future__ import annotations

import datetime as dt
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import shared

from riskkit.application.catalogue.hs_codes import convert_counts, map_codes
from riskkit.application.catalogue.hs_editions import correspondence, edition_path, link_faults
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.standards import standards

ON = dt.date(2026, 5, 1)


def table(*rows: tuple[int, int, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["newer_edition", "older_edition", "code_newer", "code_older"])


def published(*names: str) -> pd.DataFrame:
    folder = shared("data", "hs_correspondence")
    return pd.concat([pd.read_csv(folder / f"correlation_{name}.csv.gz", dtype=str) for name in names])


DRONES = table(
    (2022, 2017, "880621", "852580"), (2022, 2017, "880621", "880211"), (2022, 2017, "852581", "852580"),
    (2022, 2017, "010121", "010121"),
)  # fmt: skip


def test_the_published_table_maps_as_many_codes_as_counted_by_hand():
    links = published("hs2022_hs2017")
    by = correspondence(links, source=2017, target=2022, on=ON)
    found = map_codes(pd.Series(by.pairs["code_from"].unique()), by)
    # 4,151 of the codes of 2017 have one code of 2022, and 5,166 once the 15 catch-alls are set aside
    assert found["reason"].value_counts()["one_code"] == 4151
    assert (found["decision"] == "mapped").sum() == 5166
    assert by.pairs.loc[by.pairs["is_catch_all"], "code_to"].nunique() == 15


def test_electronic_waste_of_heading_8549_is_refused_not_guessed():
    by = correspondence(published("hs2022_hs2017"), source=2022, target=2017, on=ON)
    found = map_codes(pd.Series(["854921", "8549390000", "854911"], index=["a", "b", "c"]), by)
    assert found["n_targets"].to_dict() == {"a": 1019, "b": 1019, "c": 1}
    assert found["decision"].tolist() == ["refused", "refused", "mapped"]
    assert found["code_to"].tolist() == [None, None, "854810"]
    assert found["reason"].iloc[0] == "several_codes"


def test_without_the_rule_of_catch_alls_a_thousand_codes_are_refused():
    links, rules = published("hs2022_hs2017"), standards.table("catalogue_rules")
    rules.loc[rules["rule_id"] == "hs-catch-all", "number"] = 99_999
    by = correspondence(links, source=2017, target=2022, on=ON, rules=rules)
    found = map_codes(pd.Series(by.pairs["code_from"].unique()), by)
    assert (found["decision"] == "mapped").sum() == 4151


def test_a_table_with_broken_codes_is_read_as_far_as_it_can_be():
    links = published("hs2017_hs2012")
    assert (link_faults(links)["rule"] == "no_code").sum() == 1353
    by = correspondence(links, source=2017, target=2012, on=ON)
    # 030193 has one readable row and one broken one: the broken one may be a second correspondence
    assert map_codes(pd.Series(["030193", "010121"]), by)["reason"].tolist() == [
        "link_unreadable",
        "one_code",
    ]
    with pytest.raises(InputFaults) as refused:
        correspondence(links, source=2012, target=2017, on=ON)
    assert len(refused.value.faults) == 1353


def test_editions_are_chained_where_no_table_has_both():
    links = published("hs2022_hs2017", "hs2017_hs2007")
    by = correspondence(links, source=2022, target=2007, on=ON)
    assert by.path == (2022, 2017, 2007)
    found = map_codes(pd.Series(["010121", "880621"]), by)
    assert found["decision"].tolist() == ["mapped", "refused"]
    assert found["code_to"].iloc[0] == "010110"
    assert set(found["path"]) == {"2022 2017 2007"}


def test_a_chain_keeps_every_way_and_refuses_what_breaks_off():
    links = table((2022, 2017, "100110", "100120"), (2022, 2017, "100110", "100130"),
                  (2017, 2012, "100120", "100140"), (2017, 2012, "100130", "100140"),
                  (2022, 2017, "200110", "200120"))  # fmt: skip
    by = correspondence(links, source=2022, target=2012, on=ON)
    found = map_codes(pd.Series(["100110", "200110"]), by)
    assert found["code_to"].tolist() == ["100140", None]
    assert found["reason"].tolist() == ["one_code", "link_unreadable"]


def test_the_shortest_chain_is_taken():
    links = table(
        (2022, 2017, "1" * 6, "1" * 6), (2017, 2007, "1" * 6, "1" * 6), (2022, 2007, "1" * 6, "1" * 6)
    )
    assert edition_path(links, source=2007, target=2022) == (2007, 2022)


def test_a_code_of_another_edition_is_named():
    by = correspondence(DRONES, source=2022, target=2017, on=ON)
    codes = pd.Series(["852580", "999999", None, "x", 852580, "010121"])
    found = map_codes(codes, by)
    assert found["reason"].tolist() == [
        "not_in_edition", "not_in_edition", "code_missing", "code_malformed", "code_malformed", "one_code",
    ]  # fmt: skip
    assert found["editions_found"].tolist() == ["2017", "", "", "", "", ""]
    assert found.loc[found["decision"] != "mapped", "code_to"].isna().all()


def test_national_digits_have_no_table_and_are_counted_as_dropped():
    by = correspondence(DRONES, source=2022, target=2017, on=ON)
    found = map_codes(pd.Series(["0101210000", "01012100"]), by)
    assert found["code_to"].tolist() == ["010121"] * 2
    assert found["n_digits_dropped"].tolist() == [4, 2]


def test_counts_without_shares_stay_whole_and_with_shares_are_divided():
    by = correspondence(DRONES, source=2022, target=2017, on=ON)
    counts = pd.DataFrame({"code": ["880621", "852581", "bad"], "n_tested": [50, 8, 3], "n_bad": [5, 1, np.nan]},
                          index=["p", "q", "r"])  # fmt: skip
    plain = convert_counts(counts, by, columns=["n_tested", "n_bad"])
    assert plain["code_to"].tolist() == [None, "852580", None]
    assert plain["n_tested"].tolist() == [50, 8, 3]
    shares = pd.DataFrame({"code_from": ["880621"] * 2, "code_to": ["852580", "880211"], "share": [0.8, 0.2]})
    split = convert_counts(counts, by, columns=["n_tested", "n_bad"], shares=shares)
    assert split.index.tolist() == ["p", "p", "q", "r"]
    assert split["n_tested"].tolist() == [40, 10, 8, 3]
    assert split["decision"].tolist() == ["split", "split", "mapped", "unknown"]
    assert np.isnan(split["n_bad"].iloc[3])


@cache
def from_2022_to_2017():
    return correspondence(DRONES, source=2022, target=2017, on=ON)


@given(st.lists(st.sampled_from(["880621", "852581", "010121", "999999", "12"]), min_size=1, max_size=8),
       st.floats(0, 1))  # fmt: skip
def test_nothing_is_lost_when_counts_are_converted(codes: list[str], share: float):
    by = from_2022_to_2017()
    counts = pd.DataFrame({"code": codes, "n": np.arange(1.0, len(codes) + 1)})
    shares = pd.DataFrame({"code_from": ["880621"] * 2, "code_to": ["852580", "880211"],
                           "share": [share, 1 - share]})  # fmt: skip
    found = convert_counts(counts, by, columns=["n"], shares=shares)
    assert found["n"].sum() == pytest.approx(counts["n"].sum())
    assert found.groupby(level=0)["share"].sum().to_numpy() == pytest.approx(np.ones(len(codes)))


def test_wrong_shares_are_refused_all_at_once():
    by = correspondence(DRONES, source=2022, target=2017, on=ON)
    shares = pd.DataFrame({"code_from": ["880621", "880621", "010121", "010121"],
                           "code_to": ["852580", "010121", "010121", "010121"],
                           "share": [0.5, 0.4, 0.5, 0.5]})  # fmt: skip
    with pytest.raises(InputFaults) as refused:
        convert_counts(pd.DataFrame({"code": ["880621"], "n": [1]}), by, columns=["n"], shares=shares)
    assert [fault.rule for fault in refused.value.faults] == [
        "a correspondence of the table", "given once", "shares that sum to 1",
    ]  # fmt: skip


def test_editions_that_are_wrong_or_not_joined_are_refused():
    with pytest.raises(InputFaults, match="2 faults"):
        correspondence(table((2017, 2022, "010121", "010121"), (2022, 1999, "010121", "010121")),
                       source=2022, target=2017, on=ON)  # fmt: skip
    with pytest.raises(InputFaults, match="no table"):
        edition_path(DRONES, source=2007, target=2022)
    with pytest.raises(InputFaults, match="one of 1988"):
        edition_path(DRONES, source=2020, target=2022)
    with pytest.raises(InputFaults, match="code_older: missing"):
        link_faults(DRONES.drop(columns="code_older"))
