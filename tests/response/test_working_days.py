"""Terms of law: working days with make-up days, month ends, rest-day roll-over, and what is refused."""

from __future__ import annotations

import datetime as dt

import chinese_calendar
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import own, shared

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.response import working_days as terms

DAYS = st.dates(dt.date(2004, 1, 5), dt.date(2025, 12, 31))


def slow_due(start: dt.date, n: int) -> dt.date:
    """Day by day with the package's own answer."""
    step, day = (1 if n > 0 else -1), start
    for _ in range(abs(n)):
        day += dt.timedelta(step)
        while not chinese_calendar.is_workday(day):
            day += dt.timedelta(step)
    return day


@pytest.mark.parametrize("clock", own("working_days.json")["clocks"], ids=str)
def test_worked_clocks_of_the_notices(clock):
    start, amount, unit, due = clock
    assert str(terms.last_days([start], [amount], unit=unit)[0]) == due


def test_every_worked_clock_of_the_shared_set():
    clocks = pd.read_csv(shared("data", "cn_working_days", "working_day_clocks.csv"))
    due = terms.last_days(clocks["start"], clocks["working_days"], unit="working_day")
    assert len(clocks) > 1_000 and due.astype(str).tolist() == clocks["due"].tolist()
    clocks = pd.read_csv(shared("data", "cn_working_days", "calendar_day_clocks.csv"))
    rolled = terms.last_days(clocks["start"], clocks["calendar_days"], unit="day")
    raw = terms.last_days(clocks["start"], clocks["calendar_days"], unit="day", rolls=False)
    assert rolled.astype(str).tolist() == clocks["last_day_rolled"].tolist()
    assert raw.astype(str).tolist() == clocks["last_day_raw"].tolist()


def test_working_days_of_every_month_of_the_shared_set():
    months = pd.read_csv(shared("data", "cn_working_days", "working_days_by_month_2007_2026.csv"))
    first = pd.to_datetime(months[["year", "month"]].assign(day=1))
    counted = terms.working_days_between(first - pd.Timedelta(days=1), first + pd.offsets.MonthEnd(0))
    assert counted.tolist() == months["working_days"].tolist()


@given(DAYS, st.integers(1, 40) | st.integers(-3, -1))
def test_a_term_in_working_days_agrees_with_walking_day_by_day(start, n):
    due = terms.last_days([start], [n], unit="working_day")
    assert due.tolist() == [slow_due(start, n)]
    assert terms.is_working_day(due).all()
    assert n < 0 or terms.working_days_between([start], due).tolist() == [n]


@given(DAYS, st.integers(0, 11))
def test_a_term_in_months_ends_on_the_same_number_or_the_month_end(start, n):
    raw = terms.last_days([start], [n], unit="month", rolls=False)[0].item()
    assert (raw.year * 12 + raw.month) - (start.year * 12 + start.month) == n
    assert raw.day == start.day or (raw.day < start.day and (raw + dt.timedelta(1)).day == 1)
    rolled = terms.last_days([start], [n], unit="month")[0].item()
    assert rolled >= raw and chinese_calendar.is_workday(rolled)
    assert not any(chinese_calendar.is_workday(raw + dt.timedelta(k)) for k in range((rolled - raw).days))


@pytest.mark.parametrize(
    ("start", "amount", "due"),
    [
        ("2026-02-13", 5, "2026-02-27"),  # five days are working days: over the Spring Festival
        ("2026-02-13", 10, "2026-02-24"),  # ten are calendar days: the 23rd is off
        ("2026-09-25", 7, "2026-10-12"),  # 28, 29, 30 September, 8, 9 October, Saturday the 10th made up, 12
        ("2026-02-13", 15, "2026-02-28"),  # a Saturday that is made up does not roll
    ],
)
def test_terms_of_the_penalty_law(start, amount, due):
    assert str(terms.penalty_law_last_days([start], [amount])[0]) == due


def test_a_year_without_a_notice_is_refused_and_every_row_of_it_named():
    late = published_end() - dt.timedelta(3)
    with pytest.raises(InputFaults, match="published notice") as caught:
        terms.last_days([late, dt.date(2026, 1, 5), dt.date(2003, 1, 1)], [15, 15, 15], unit="working_day")
    assert [fault.place for fault in caught.value.faults] == ["row 0", "row 2"]
    with pytest.raises(InputFaults, match="2003"):
        terms.is_working_day(["2003-06-02"])
    with pytest.raises(InputFaults):
        terms.last_days([late], [1], unit="month")
    assert terms.last_days([late], [40], unit="day", rolls=False)[0] > np.datetime64(late)


def published_end() -> dt.date:
    return dt.date(terms.published_years()[1], 12, 31)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "n_faults"),
    [
        (["x", None, 20260213, "2026-02-30", "13/02/2026"], 5, "working_day", 5),
        (["2026-01-05T10:00+08:00", "2026-01-05 10:00Z", pd.Timestamp("2026-01-05", tz="UTC")], 5, "day", 3),
        (["2026-01-05"] * 4, [1.5, np.nan, 20_000, -20_000], "working_day", 4),
        (["2026-01-05"], [-1], "day", 1),
        (["2026-01-05"], [1], "week", 1),
    ],
)
def test_what_is_no_day_and_no_length_is_refused_with_all_faults(start, amount, unit, n_faults):
    with pytest.raises(InputFaults) as caught:
        terms.last_days(start, amount, unit=unit)
    assert len(caught.value.faults) == n_faults
