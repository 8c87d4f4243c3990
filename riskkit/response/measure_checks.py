"""Checks of measures that are recorded: there is such a measure, and the law lets it last so long."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.flows.acts import NEVER, Flags, Floats, Whole
from riskkit.foundation.flows.checks import Check, Turn
from riskkit.foundation.standards import standards

_DAY = 86_400_000_000  # [µs]
_CHINA = 8 * 3_600_000_000  # UTC+8 [µs]


def _is_known(turn: Turn, _: str) -> Flags:
    return ~turn.given("measure") | (_terms()[0].get_indexer(pd.Index(_measures(turn))) >= 0)


def _is_lawful(turn: Turn, step: str) -> Flags:
    """The end is at most the lawful days after the beginning; for an order, after its due day."""
    own, held = turn.moments("ends_at"), turn.held_moments("ends_at")
    ends = np.where(own != NEVER, own, held)
    begun = {"ordered": turn.moments("due_at"), "executed": turn.moments("at")}.get(step)
    begins = _when(turn, "executed") if begun is None else begun
    asked = (ends != NEVER) & (begins != NEVER)
    # the first day does not count, and the last one counts whole, by the clock of China
    last_day = (begins + _CHINA) // _DAY + np.nan_to_num(_longest(turn, step), nan=0)
    is_unlimited = np.isnan(_longest(turn, step))
    return np.asarray(~asked | is_unlimited | ((ends + _CHINA) // _DAY <= last_day), dtype=np.bool_)


def _is_past(turn: Turn, _: str) -> Flags:
    """What was ordered without an end ends when the lawful term is over."""
    term, begun = _longest(turn, "executed"), _when(turn, "executed")
    over = ((begun + _CHINA) // _DAY + np.nan_to_num(term).astype(np.int64) + 1) * _DAY - _CHINA
    lawful = np.where(np.isnan(term) | (begun == NEVER), NEVER, over)
    held = turn.held_moments("ends_at")
    end = np.where(held == NEVER, lawful, held)
    return np.asarray((end != NEVER) & (turn.moments("at") >= end), dtype=np.bool_)


def _longest(turn: Turn, step: str) -> Floats:
    """Lawful term of each act's measure [d]; NaN for none. Days of testing do not count."""
    names, days, extension, since = _terms()
    place = names.get_indexer(pd.Index(_measures(turn)))
    is_in_force = (place >= 0) & ((turn.moments("at") + _CHINA) // _DAY >= since[place])
    own = turn.numbers("n_test_days")
    testing = np.nan_to_num(np.where(np.isnan(own), turn.held_numbers("n_test_days"), own))
    term = days + (extension if step == "extended" else 0)
    return np.asarray(np.where(is_in_force, term[place], np.nan) + testing)


@functools.cache  # each act of each flow asks for it
def _terms() -> tuple[pd.Index[str], Floats, Floats, Whole]:
    """Measures, their terms and extensions [d], and the day each is in force from [days since 1970]."""
    rows = standards.all_rows("response_measures")
    since = rows["valid_from"].replace("", "0001-01-01").to_numpy("datetime64[D]").astype(np.int64)
    days, extension = (rows[name].to_numpy(np.float64) for name in ("term_days", "extension_days"))
    return pd.Index(rows["measure"]), days, extension, since


def _measures(turn: Turn) -> NDArray[np.str_]:
    """The measure of each act, its own or the one of the life it continues."""
    texts, rows = turn.acts.texts("measure"), turn.held.get("measure", np.full(len(turn.row), -1))
    return np.where(turn.given("measure"), texts[turn.row], np.where(rows < 0, "", texts[rows])).astype(str)


def _when(turn: Turn, event: str) -> Whole:
    rows = turn.did.get(event, np.full(len(turn.row), -1))
    return np.where(rows < 0, NEVER, turn.acts.at[rows])


MEASURE_CHECKS = {
    "known": Check("measure", "a measure of the table response_measures", _is_known),
    "past_end": Check("at", "not before its end", _is_past),
    "lawful": Check(
        "ends_at", "an end within the lawful term, days of testing (n_test_days) aside", _is_lawful
    ),
}
