"""Technical trade measures: notifications, the exports they hit, what they cost, when to comment, and the gap."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json

import icalendar
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from shared import shared

from riskkit.application.catalogue.hs_editions import correspondence
from riskkit.application.trade_measures import deadlines, gaps
from riskkit.application.trade_measures.exposure import exposure, impacts, sector_table
from riskkit.application.trade_measures.losses import loss_rates, survey_impacts
from riskkit.application.trade_measures.matching import coded, matched_lines
from riskkit.application.trade_measures.notifications import (
    csv_text,
    json_text,
    read_csv,
    read_json,
    standing,
)
from riskkit.application.trade_measures.symbols import hs_codes, read_symbol
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.standards import standards

ON = dt.date(2026, 5, 1)
NEW = {"symbol": "G/TBT/N/EU/9", "distributed_on": "2026-03-01", "member": "EU", "title": "Lamps",
       "description": "Limits of flicker", "hs": "8539.52", "hs_edition": "2022",
       "comments_by": "2026-05-01"}  # fmt: skip


def documents(*rows: dict[str, object]):
    return read_json(json.dumps(rows))


def lines(*rows: tuple[str, str, str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["line_id", "hs", "market", "sector", "value"])


# --- reading


def test_every_box_of_both_forms_has_a_column() -> None:
    boxes = standards.table("trade_boxes")
    assert set(boxes["box_tbt"]) == {"", *map(str, range(1, 12))}
    assert set(boxes["box_sps"]) == {"", *map(str, range(1, 14))}


def test_what_was_read_is_accepted_quarantined_or_a_duplicate_and_all_faults_are_told() -> None:
    found = documents(
        NEW, NEW, {**NEW, "title": "Other"},
        {**NEW, "symbol": "G/TBT/N/US/1", "comments_by": "2026-02-01", "hs": "8501-8504", "member": "XX"},
        {"symbol": "nonsense", "distributed_on": "soon", "ics": "97.2", "n_pages": "-1", "change": "adoptd"},
    )  # fmt: skip
    assert (found.n_read, len(found.accepted), len(found.quarantined), found.n_duplicates) == (5, 1, 3, 1)
    said = "\n".join(map(str, found.faults))
    wanted = ("one document a symbol", "not before distributed_on", "no ranges", "'XX'", "'nonsense'",
              "'soon'", "'97.2'", "'-1'", "did you mean adopted", "title: missing")  # fmt: skip
    assert [one for one in wanted if one not in said] == []


@pytest.mark.parametrize(
    "text",
    ["", "symbol\n", "symbol,symbol,distributed_on,member,title,description\n", "symbl,distributed_on"],
)
def test_a_file_without_its_columns_is_refused(text: str) -> None:
    with pytest.raises(InputFaults, match=r"notifications\.csv"):
        read_csv(text)


@pytest.mark.parametrize("text", ["", "{", "{}", "[1]", '[{"hsx": "1"}]', "[" * 100_000])
def test_a_text_that_is_no_list_of_objects_is_refused(text: str) -> None:
    with pytest.raises(InputFaults):
        read_json(text)


def test_a_line_with_a_cell_too_many_is_quarantined_and_the_next_is_read() -> None:
    head = ",".join(NEW) + "\n"
    good = ",".join(map(str, NEW.values()))
    found = read_csv(head + good + ",extra\n" + good.replace("EU/9", "EU/10") + "\n")
    assert found.accepted["symbol"].tolist() == ["G/TBT/N/EU/10"]
    assert "no more cells than columns" in str(found.faults[0])


def test_hidden_characters_are_refused() -> None:
    assert "hidden" in str(documents({**NEW, "title": "Lam\u202eps"}).faults[0])


TEXT = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=30)


@given(st.lists(st.tuples(st.integers(1, 99999), TEXT, st.sampled_from(["8504.40", "ex 85; 9503", None])),
                unique_by=lambda one: one[0], max_size=5))  # fmt: skip
def test_csv_and_json_give_back_what_was_read(rows: list[tuple[int, str, str | None]]) -> None:
    found = documents(
        *({**NEW, "symbol": f"G/SPS/N/JPN/{n}", "title": title, "hs": hs} for n, title, hs in rows)
    )
    assert len(found.accepted) + len(found.quarantined) == len(rows)
    assert read_csv(csv_text(found.accepted)).accepted.equals(found.accepted)
    assert read_json(json_text(found.accepted)).accepted.equals(found.accepted)
    assert len(list(csv.reader(io.StringIO(csv_text(found.accepted))))) == len(found.accepted) + 1


@pytest.mark.parametrize(
    ("text", "kind", "parent"),
    [("G/TBT/N/CHN/1211", "notification", ""), ("G/SPS/N/EU/1/Corr.2", "corrigendum", "G/SPS/N/EU/1"),
     ("G/TBT/N/US/7/Rev.1", "revision", "G/TBT/N/US/7"),
     ("G/TBT/N/US/7/Rev.1/Add.2/Corr.1", "corrigendum", "G/TBT/N/US/7/Rev.1/Add.2"),
     ("G/TBT/N/US/7/Suppl.1", "supplement", "G/TBT/N/US/7")],
)  # fmt: skip
def test_a_symbol_names_its_parent(text: str, kind: str, parent: str) -> None:
    found = read_symbol(text)
    assert found is not None and (found.kind, found.parent) == (kind, parent)


@pytest.mark.parametrize(
    "text", ["G/TBT/N/chn/1", "G/TBT/CHN/1", "G/TBT/N/CHN/01", "G/TBT/N/CHN/1/Add.", " "]
)
def test_what_only_looks_like_a_symbol_is_none(text: str) -> None:
    assert read_symbol(text) is None


def test_codes_keep_their_digits_and_odd_lengths_are_none() -> None:
    assert hs_codes("01; 0101.21, EX 0102 21") == (("01", False), ("010121", False), ("010221", True))
    assert hs_codes("850") is None and hs_codes("85044") is None and hs_codes("85 to 90") is None


# --- linking


def test_addenda_change_boxes_and_a_revision_begins_anew() -> None:
    rows = [
        NEW,
        {"symbol": "G/TBT/N/EU/9/Add.1", "distributed_on": "2026-04-01", "comments_by": "2026-06-01",
         "change": "comment_period"},
        {"symbol": "G/TBT/N/EU/9/Corr.1", "distributed_on": "2026-04-02", "title": "LED lamps"},
        {**NEW, "symbol": "G/TBT/N/EU/9/Rev.1", "distributed_on": "2026-07-01", "comments_by": "2026-09-01",
         "hs": "9405"},
        {"symbol": "G/TBT/N/EU/9/Rev.1/Add.1", "distributed_on": "2026-08-01", "change": "withdrawn"},
    ]  # fmt: skip
    accepted = documents(*rows[::-1]).accepted
    days = [dt.date(2026, 3, 2), ON, dt.date(2026, 7, 2), dt.date(2026, 8, 2)]
    seen = [standing(accepted, on=day).loc["G/TBT/N/EU/9"] for day in days]
    assert [one["comments_by"] for one in seen] == ["2026-05-01", "2026-06-01", "2026-09-01", "2026-09-01"]
    assert [one["title"] for one in seen] == ["Lamps", "LED lamps", "Lamps", "Lamps"]
    assert [one["changed"] for one in seen] == ["", "title comments_by", "", ""]
    assert [one["is_withdrawn"] for one in seen] == [False, False, False, True]
    assert [one["n_documents"] for one in seen] == [1, 3, 4, 5]


def test_an_addendum_without_its_parent_is_kept_and_known_to_be_alone() -> None:
    accepted = documents({"symbol": "G/TBT/N/EU/9/Add.1", "distributed_on": "2026-03-02"}).accepted
    assert accepted["is_parent_known"].tolist() == [False]
    found = standing(accepted, on=ON)
    assert found["is_whole"].tolist() == [False] and found["title"].tolist() == [None]


def test_an_addendum_older_than_its_parent_is_quarantined() -> None:
    found = documents(NEW, {"symbol": "G/TBT/N/EU/9/Add.1", "distributed_on": "2026-02-01"})
    assert found.accepted["symbol"].tolist() == ["G/TBT/N/EU/9"] and len(found.quarantined) == 1
    assert found.n_read == len(found.accepted) + len(found.quarantined) + found.n_duplicates


def test_nothing_read_stands() -> None:
    assert standing(documents().accepted, on=ON).empty


# --- matching

LINKS = pd.DataFrame(
    [("852580", "880621"), ("880211", "880621"), ("880211", "880211"), ("850440", "850440"),
     ("852580", "852581")],
    columns=["code_older", "code_newer"],
).assign(newer_edition=2022, older_edition=2017)  # fmt: skip
OLD = {2017: correspondence(LINKS, source=2017, target=2022, on=ON)}


def hit(row: dict[str, object], own: pd.DataFrame, tables=OLD) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = standing(documents({**NEW, **row}).accepted, on=ON)
    codes, verdicts = coded(rows, edition=2022, tables=tables, on=ON)
    return matched_lines(rows, own, codes=codes, on=ON), verdicts


@pytest.mark.parametrize(
    ("row", "code", "rule"),
    [({"hs": "85"}, "85044014", "tm-whole"), ({"hs": "8504.40"}, "850440", "tm-whole"),
     ({"hs": "ex 8504"}, "8504401400", "tm-ex"), ({"hs": "8504.40.90"}, "8504401400", "tm-finer"),
     ({"hs": "8504.40", "hs_edition": "2017"}, "85044014", "tm-whole"),
     ({"hs": "8525.80", "hs_edition": "2017"}, "88062100", "tm-split"),
     ({"hs": "8525.80; 8802.11", "hs_edition": "2017"}, "88062100", "tm-whole"),
     ({"hs": "ex 8504; 8504.40"}, "850440", "tm-whole")],
)  # fmt: skip
def test_how_much_of_a_line_is_meant(row: dict[str, object], code: str, rule: str) -> None:
    found, verdicts = hit(
        row, lines(("a", code, "EU", "machinery", 1.0), ("b", code, "US", "machinery", 1.0))
    )
    assert found[["line_id", "rule_id"]].values.tolist() == [["a", rule]]
    assert verdicts["decision"].tolist() == ["known"]


@pytest.mark.parametrize(
    ("row", "tables", "reason"),
    [({"hs": None}, OLD, "no_code"), ({"hs": "8806.21", "hs_edition": "2017"}, OLD, "not_in_edition"),
     ({"hs": "8504.40", "hs_edition": "2012"}, OLD, "no_table"), ({"hs": "8504.40", "hs_edition": "2017"}, {}, "no_table")],
)  # fmt: skip
def test_goods_that_are_not_known_leave_the_exposure_open(row, tables, reason) -> None:
    own = lines(("a", "85044014", "EU", "machinery", 3.0))
    found, verdicts = hit(row, own, tables)
    assert verdicts["reason"].tolist() == [reason]
    out = exposure(found, own, verdicts=verdicts.assign(member="EU"))
    assert out[["value_lo", "value_hi"]].isna().all(axis=None)


def test_one_unknown_code_of_two_leaves_only_the_upper_end_open() -> None:
    own = lines(("a", "85044014", "EU", "machinery", 3.0))
    found, verdicts = hit({"hs": "8504.40; 8806.21", "hs_edition": "2017"}, own)
    assert verdicts["codes_unknown"].tolist() == ["880621"]
    out = exposure(found, own, verdicts=verdicts.assign(member="EU"))
    assert out["value_lo"].tolist() == [3.0] and out["value_hi"].isna().all()


def test_without_an_hs_code_the_ics_code_counts_as_possible() -> None:
    own = lines(("a", "95030021", "EU", "toys", 3.0), ("b", "95030021", "EU", "toys", 3.0))
    own["ics"] = ["97.200.50", "97.190"]
    found, _ = hit({"hs": None, "ics": "97.200"}, own)
    assert found[["line_id", "rule_id", "decision"]].values.tolist() == [["a", "tm-ics", "possible"]]


def test_an_edition_that_is_not_stated_is_that_of_the_day() -> None:
    rows = standing(documents({**NEW, "hs_edition": None, "distributed_on": "2021-12-31",
                               "comments_by": "2022-03-01"}).accepted, on=ON)  # fmt: skip
    assert coded(rows, edition=2017, tables={}, on=ON)[1]["rule_id"].tolist() == ["tc-assumed"]
    assert coded(rows, edition=2022, tables={}, on=ON)[1]["edition"].tolist() == [2017]


def test_bad_lines_are_refused_with_every_fault() -> None:
    bad = lines(("a", "8504", "EU", "machinery", -1.0), ("a", "85044014", "E", "", float("nan")))
    with pytest.raises(InputFaults) as wrong:
        hit({}, bad)
    assert len(wrong.value.faults) == 5


CODES = st.sampled_from(["850440", "850431", "950300", "95030021", "8504401400", "392410"])


@given(st.lists(st.tuples(CODES, st.sampled_from(["EU", "US"]), st.floats(0, 1e6)), min_size=1, max_size=12),
       st.lists(st.sampled_from(["85", "8504", "8504.40", "ex 9503", "9503.00.21", "3924"]), min_size=1,
                max_size=3, unique=True))  # fmt: skip
def test_matching_agrees_with_one_line_at_a_time(own: list[tuple[str, str, float]], box: list[str]) -> None:
    table = lines(*((str(at), code, market, "s", value) for at, (code, market, value) in enumerate(own)))
    found, verdicts = hit({"hs": "; ".join(box)}, table)
    sure = {at for at, (code, market, _) in enumerate(own) if market == "EU" and any(
        code.startswith(one.replace(".", "")) for one in box if "ex" not in one and len(one) < 10)}  # fmt: skip
    possible = {at for at, (code, market, _) in enumerate(own) if market == "EU" and any(
        code.startswith(one.replace("ex ", "").replace(".", "")[:6]) for one in box)}  # fmt: skip
    assert set(found.loc[found["decision"] == "sure", "line_id"].astype(int)) == sure
    assert set(found["line_id"].astype(int)) == possible
    out = exposure(found, table, verdicts=verdicts.assign(member="EU")).iloc[0]
    assert out["value_lo"] <= out["value_hi"] * (1 + 1e-12) <= out["market_value"] * (1 + 1e-9)
    assert out["value_lo"] == pytest.approx(sum(own[at][2] for at in sure))


def test_every_code_of_the_published_tables_is_mapped_or_its_line_only_possible() -> None:
    links = pd.read_csv(shared("data", "hs_correspondence", "correlation_hs2022_hs2017.csv.gz"), dtype=str)
    table = correspondence(links, source=2017, target=2022, on=ON)
    one = "010121"
    rows = standing(documents({**NEW, "hs": "8525.80", "hs_edition": "2017"},
                              {**NEW, "symbol": "G/TBT/N/EU/10", "hs": one, "hs_edition": "2017"}).accepted, on=ON)  # fmt: skip
    codes, verdicts = coded(rows, edition=2022, tables={2017: table}, on=ON)
    assert verdicts["decision"].eq("known").all()
    assert codes.loc[codes["base"] == "G/TBT/N/EU/10", ["code", "rule_id"]].values.tolist() == [
        [one, "tm-whole"]
    ]
    cameras = codes[codes["base"] == "G/TBT/N/EU/9"].set_index("code")["rule_id"]
    assert cameras["852581"] == "tm-whole" and cameras["880621"] == "tm-split"
    assert not any(code.startswith("8549") for code in cameras.index), "a catch-all is not the goods"


# --- losses


def test_the_published_surveys_agree_with_the_exports_of_their_years() -> None:
    rows = (
        standards.table("trade_surveys")
        .astype({"value": float})
        .set_index(["year", "quantity", "subject"])["value"]
    )
    # exports of China in 1e8 USD (customs yearbooks): 2005 7,620; 2007 12,180; 2013 22,096
    for year, exports in ((2007, 12_180), (2013, 22_096)):
        rate = rows[year, "loss", "all"] / exports
        assert rate == pytest.approx(rows[year, "loss_rate", "all"], abs=0.0006)
    assert rows[2005, "loss", "textile"] / rows[2005, "loss_share", "textile"] == pytest.approx(691.4, abs=1)
    assert 0.9 < rows.loc[2013].loc["loss_share"].sum() < 1


def national(year: int) -> tuple[pd.DataFrame, pd.Series]:
    """A made sample of valid answers whose expansion is the published figure of a year."""
    rows = standards.table("trade_surveys").astype({"value": float})
    known = rows[rows["year"].astype(int) == year].set_index(["quantity", "subject"])["value"]
    n, firms = 2198, 100_000.0
    share = known["loss_share"].to_dict() if year == 2013 else {"textile": 0.4, "machinery": 0.6}
    share |= {"other": 1 - sum(share.values())}
    rng = np.random.default_rng(year)
    sector = rng.permutation(np.resize(np.array(list(share)), n))
    answers = pd.DataFrame({"firm_id": np.arange(n).astype(str), "sector": sector,
                            "stratum": rng.permutation(np.resize(["S", "M", "L"], n))})  # fmt: skip
    answers["weight"] = firms / n
    answers["is_affected"] = 0
    for name in share:
        at = np.flatnonzero(sector == name)
        answers.loc[at[: round(known["share_affected", "all"] * at.size)], "is_affected"] = 1
    draw = rng.lognormal(size=n) * answers["is_affected"]
    total = draw.groupby(answers["sector"]).transform("sum")
    wanted = answers["sector"].map(share) * known["loss", "all"]
    answers["direct_loss"] = draw / total * wanted / answers["weight"]
    answers["additional_cost"] = draw / draw.sum() * known["cost", "all"] / answers["weight"]
    exports = rng.lognormal(size=n) + 10 * answers["direct_loss"]
    answers["export_value"] = (
        exports / exports.sum() * known["loss", "all"] / known["loss_rate", "all"] / answers["weight"]
    )
    return answers, known


@pytest.mark.parametrize("year", [2007, 2013])
def test_answers_expand_to_the_published_figures(year: int) -> None:
    answers, known = national(year)
    found = survey_impacts(answers)
    whole = found.loc["all"]
    assert whole["share_affected"] == pytest.approx(known["share_affected", "all"], abs=0.002)
    assert whole["loss"] == pytest.approx(known["loss", "all"])
    assert whole["cost"] == pytest.approx(known["cost", "all"])
    assert whole["loss_rate"] == pytest.approx(known["loss_rate", "all"])
    if year == 2013:
        shares = known["loss_share"]
        assert found["loss_share"].reindex(shares.index).to_numpy() == pytest.approx(shares.to_numpy())
    assert found.drop(index="all")["loss"].sum() == pytest.approx(whole["loss"])


def test_expansion_is_that_of_the_survey_package_of_r() -> None:
    rows = pd.read_csv(shared("oracles", "survey", "apistrat.input.csv"))
    expected = pd.read_csv(shared("oracles", "survey", "api.expected.csv"))
    known = expected[expected["design"] == "stratified_fpc"].set_index("what")
    answers = pd.DataFrame({
        "firm_id": np.arange(len(rows)).astype(str), "sector": "schools", "stratum": rows["stype"],
        "weight": rows["pw"], "population": rows["fpc"], "is_affected": 1, "export_value": rows["enroll"],
        "direct_loss": rows["api.stu"], "additional_cost": rows["enroll"],
    })  # fmt: skip
    found = survey_impacts(answers).loc["all"]
    total, ratio = known.loc["total_enroll"], known.loc["ratio_api.stu_enroll"]
    assert found[["cost", "cost_se"]].tolist() == pytest.approx(total[["estimate", "se"]].tolist(), rel=1e-9)
    assert found[["cost_lo", "cost_hi"]].tolist() == pytest.approx(
        total[["lo95_t", "hi95_t"]].tolist(), rel=1e-9
    )
    assert found[["loss_rate", "loss_rate_se"]].tolist() == pytest.approx(ratio[["estimate", "se"]].tolist())


def test_answers_that_cannot_be_are_refused_with_every_fault() -> None:
    answers = national(2013)[0].head(4).assign(sector=["a", "all", None, "b"])
    answers.loc[0, ["is_affected", "direct_loss"]] = [0, 5.0]
    answers.loc[3, "export_value"] = 0.0
    answers.loc[3, ["is_affected", "direct_loss"]] = [1, 5.0]
    answers.loc[1, "firm_id"] = answers.loc[0, "firm_id"]
    with pytest.raises(InputFaults) as wrong:
        survey_impacts(answers)
    assert len(wrong.value.faults) >= 5
    with pytest.raises(InputFaults, match="export_value"):
        survey_impacts(national(2013)[0].assign(export_value=-1))


@settings(max_examples=20)
@given(st.floats(0.01, 100))
def test_losses_follow_the_unit_of_money_and_rates_do_not(factor: float) -> None:
    answers = national(2007)[0].head(60)
    money = ["export_value", "direct_loss", "additional_cost"]
    one, other = survey_impacts(answers), survey_impacts(answers.assign(**(answers[money] * factor)))
    assert other["loss"].to_numpy() == pytest.approx(one["loss"].to_numpy() * factor)
    assert other["loss_rate_hi"].to_numpy() == pytest.approx(one["loss_rate_hi"].to_numpy())


def test_a_line_that_two_notifications_hit_counts_once_in_its_sector() -> None:
    own = lines(("a", "85044014", "EU", "machinery", 3.0), ("b", "95030021", "EU", "toys", 2.0))
    rows = standing(documents({**NEW, "hs": "8504"}, {**NEW, "symbol": "G/TBT/N/EU/10", "hs": "ex 85"},
                              {**NEW, "symbol": "G/TBT/N/EU/11", "hs": None}).accepted, on=ON)  # fmt: skip
    codes, verdicts = coded(rows, edition=2022, tables={}, on=ON)
    verdicts["member"] = rows["member"]
    found = matched_lines(rows, own, codes=codes, on=ON)
    rates = loss_rates(survey_impacts(national(2013)[0]))
    table = sector_table(found, own, verdicts=verdicts, rates=rates)
    assert table.loc["machinery", ["value_lo", "value_hi", "share_hi", "n_notifications"]].tolist() == [
        3,
        3,
        1,
        2,
    ]
    assert table.loc["toys", "loss_hi"] is not None and pd.isna(table.loc["toys", "loss_hi"])
    assert table.attrs["n_unknown"] == 1
    exposed = exposure(found, own, verdicts=verdicts)
    cost = impacts(exposed, found, rates=rates)
    assert cost["loss_hi"].isna().tolist() == [False, True, False] or cost.loc["G/TBT/N/EU/11"].isna().all()
    assert cost.loc["G/TBT/N/EU/9", "loss_lo"] == pytest.approx(3 * rates.loc["machinery", "loss_rate_lo"])
    assert cost.loc["G/TBT/N/EU/10", "loss_lo"] == 0


# --- deadlines


@pytest.mark.parametrize(
    ("row", "decision", "margin"),
    [({"comments_by": "2026-05-01"}, "comment_now", 0), ({"comments_by": "2026-04-30"}, "closed", -1),
     ({"comments_by": "2026-05-15"}, "comment_now", 14), ({"comments_by": "2026-05-16"}, "comment", 15),
     ({"comments_by": None}, "unknown", None), ({"change": "withdrawn"}, "withdrawn", 0)],
)  # fmt: skip
def test_a_deadline_at_its_bounds(row: dict[str, object], decision: str, margin: float | None) -> None:
    found = deadlines.decide(standing(documents({**NEW, **row}).accepted, on=ON), on=ON).iloc[0]
    assert found["decision"] == decision
    assert pd.isna(found["margin"]) if margin is None else found["margin"] == margin


def test_a_period_of_fifty_nine_days_is_short_and_of_sixty_is_not() -> None:
    rows = [{**NEW, "symbol": f"G/TBT/N/EU/{n}", "comments_by": day}
            for n, day in ((1, "2026-04-29"), (2, "2026-04-30"))]  # fmt: skip
    found = deadlines.decide(standing(documents(*rows).accepted, on=ON), on=ON)
    assert found["days_given"].tolist() == [59, 60] and found["is_short"].tolist() == [True, False]


def events(**columns: object) -> pd.DataFrame:
    row = {"summary": "意见截止：灯具；A,B", "description": "x" * 200 + "\n第二行", "comments_by": "2026-05-01",
           "sequence": 0, "is_cancelled": False, "days_before": 14} | columns  # fmt: skip
    return pd.DataFrame([row], index=["G/TBT/N/EU/9"])


NOW = dt.datetime(2026, 4, 1, 8, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def test_the_calendar_keeps_rfc_5545() -> None:
    raw = deadlines.deadline_calendar(events(), now=NOW)
    assert raw.replace(b"\r\n", b"").count(b"\n") == 0 and raw.endswith(b"END:VCALENDAR\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 75
    plain = raw.replace(b"\r\n ", b"").decode()  # unfolded by octets, as 3.1 says
    assert "SUMMARY:意见截止：灯具；A\\,B" in plain and "x\\n第二行" in plain
    assert "DTSTAMP:20260401T000000Z" in plain and "DTSTART;VALUE=DATE:20260501" in plain
    event = icalendar.Calendar.from_ical(raw).walk("VEVENT")[0]
    assert event["SUMMARY"] == "意见截止：灯具；A,B" and event.walk("VALARM")[0][
        "TRIGGER"
    ].dt == -dt.timedelta(14)


@given(TEXT, TEXT, st.integers(0, 99))
def test_any_words_come_back_from_the_calendar(summary: str, description: str, n: int) -> None:
    try:
        raw = deadlines.deadline_calendar(
            events(summary=summary, description=description, sequence=n), now=NOW
        )
    except InputFaults:
        return  # words that are blank or hide something
    event = icalendar.Calendar.from_ical(raw).walk("VEVENT")[0]
    assert (event["SUMMARY"], event["DESCRIPTION"], event["SEQUENCE"]) == (summary, description, n)
    assert max(map(len, raw.split(b"\r\n"))) <= 75


def test_a_moved_date_moves_the_same_event_and_a_withdrawn_one_is_cancelled() -> None:
    one, other = (icalendar.Calendar.from_ical(deadlines.deadline_calendar(rows, now=NOW)).walk("VEVENT")[0]
                  for rows in (events(), events(comments_by="2026-06-01", sequence=1, is_cancelled=True)))  # fmt: skip
    assert one["UID"] == other["UID"] and other["STATUS"] == "CANCELLED" and not other.walk("VALARM")


def test_bad_events_are_refused_with_every_fault() -> None:
    bad = pd.concat([events(summary="", comments_by="soon"), events(description="a\u202eb")])
    with pytest.raises(InputFaults) as wrong:
        deadlines.deadline_calendar(bad, now=dt.datetime(2026, 4, 1))
    assert len(wrong.value.faults) == 5


# --- gaps

ITEM = {"base": "G/TBT/N/EU/9", "item": "lead", "side": "max", "limit": 90.0, "unit": "mg/kg", "method": "m",
        "own_side": "max", "own_limit": 90.0, "own_unit": "mg/kg", "own_method": "m", "n_tested": 20.0,
        "n_failing": 0.0}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({}, "limits_equal"), ({"limit": 89.9}, "notified_is_stricter"), ({"limit": 90.1}, "notified_is_milder"),
     ({"own_limit": 0.09, "own_unit": "g/kg"}, "limits_equal"), ({"limit": None}, "limit_missing"),
     ({"own_side": None, "own_limit": None, "own_unit": None}, "no_own_requirement"),
     ({"own_unit": "mg/dm²"}, "units_not_comparable"), ({"own_unit": "blobs"}, "units_not_comparable"),
     ({"own_side": "min"}, "other_side"), ({"own_method": "n"}, "other_method"),
     ({"side": "min", "own_side": "min", "limit": 91}, "notified_is_stricter")],
)  # fmt: skip
def test_each_kind_of_gap(changes: dict[str, object], reason: str) -> None:
    assert gaps.decide(pd.DataFrame([ITEM | changes]), on=ON)["reason"].tolist() == [reason]


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.sampled_from(["max", "min"]))
def test_a_gap_turns_round_when_the_limits_change_places(limit: float, own: float, side: str) -> None:
    rows = [
        ITEM | {"limit": a, "own_limit": b, "side": side, "own_side": side}
        for a, b in ((limit, own), (own, limit))
    ]
    one, other = gaps.decide(pd.DataFrame(rows), on=ON)["decision"]
    turned = {"stricter": "milder", "milder": "stricter", "same": "same"}
    assert other == turned[one]


def test_the_share_of_own_products_that_would_fail_has_the_exact_interval() -> None:
    rows = [
        ITEM | {"n_tested": n, "n_failing": x} for n, x in ((20, 0), (20, 3), (20, 20), (0, 0), (None, None))
    ]
    found = gaps.decide(pd.DataFrame(rows), on=ON)
    for at, (n, x) in enumerate(((20, 0), (20, 3), (20, 20))):
        ends = binomtest(x, n).proportion_ci(0.95, method="exact")
        assert found[["share_failing_lo", "share_failing_hi"]].iloc[at].tolist() == pytest.approx(
            [ends.low, ends.high]
        )
    assert found["share_failing_hi"].iloc[3:].isna().all()


def test_wrong_requirements_are_refused_with_every_fault() -> None:
    with pytest.raises(InputFaults) as wrong:
        gaps.decide(pd.DataFrame([ITEM | {"side": "about", "item": None, "n_failing": 30}]), on=ON)
    assert len(wrong.value.faults) == 3
    with pytest.raises(InputFaults, match="limit"):
        gaps.decide(pd.DataFrame([ITEM | {"limit": -1}]), on=ON)
