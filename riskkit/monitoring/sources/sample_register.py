"""A made register: synthetic records of any number that reproduce published monitoring results.

Every row says that it is made: its number begins with ``SYN-`` and its remark says so. Of each programme of
``monitoring_programmes`` the made rows hold exactly the published number of lots and of nonconforming
lots, whatever the number of rows; all else (days, places, origins, brands, values) is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.foundation.language import in_language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.monitoring.sources.sample_rows import (
    SYNTHETIC,
    days,
    drawn,
    goods,
    made_reports,
    numbered,
    places,
    plus_days,
)
from riskkit.monitoring.sources.sheets.sheets import choices, sheet_columns

FEWEST_ROWS = 600
_SHARES = {"complaint": 0.40, "injury_card": 0.35, "defect_report": 0.08, "laboratory_report": 0.17}
_FOUND = ("hazard", "hazard_class", "measured_unit", "limit_value")
_OF_PROGRAMMES, _REPEATED, _FAULTY = 0.8, 0.004, 0.004


@dataclass(frozen=True)
class SampleRegister:
    """A made register and what is known of it.

    Parameters
    ----------
    sheets : mapping of str to DataFrame of str
        The filled sheets, with headers in one language; an empty cell is missing.
    programmes : DataFrame
        One row a programme: programme, n, n_nonconforming as published, and how many rows it has here.
    rows : DataFrame
        One row a sheet: rows, of these exact repetitions and rows made to be refused.
    """

    sheets: Mapping[str, pd.DataFrame]
    programmes: pd.DataFrame
    rows: pd.DataFrame


def sample_register(n_rows: int, *, rng: np.random.Generator, lang: str = "zh") -> SampleRegister:
    """A synthetic register of a given size with known answers.

    Parameters
    ----------
    n_rows : int
        Rows of all sheets together, from 600 on. From about 210,000 on every lot has a row of its own.
    rng : numpy.random.Generator
        Where chance comes from; the same generator state gives the same register.
    lang : str
        Language of the headers and choices, ``zh`` or ``en``; what is written in the rows is mostly Chinese.

    Returns
    -------
    SampleRegister

    Raises
    ------
    ValueError
        When there are too few rows to hold every programme.

    Examples
    --------
    >>> made = sample_register(600, rng=np.random.default_rng(1))
    >>> sum(len(sheet) for sheet in made.sheets.values())
    600
    >>> made.programmes.set_index("programme").loc["clothing_2015", ["n", "n_nonconforming"]].tolist()
    [31300, 1839]
    """
    if n_rows < FEWEST_ROWS:
        raise ValueError(f"a made register has at least {FEWEST_ROWS} rows, not {n_rows}")
    repeated, faulty = max(6, round(_REPEATED * n_rows)), max(6, round(_FAULTY * n_rows))
    programmes = _programmes(n_rows)
    sheets: dict[str, list[pd.DataFrame]] = {"border_inspection": [], "market_sampling": []}
    for programme in records(programmes):
        sheets[programme["sheet"]].append(_tested(programme, rng))
    left = n_rows - int(programmes["rows"].sum()) - repeated - faulty
    for sheet, rows in zip(_SHARES, _split(left, np.array(list(_SHARES.values()))), strict=True):
        sheets[sheet] = [made_reports(sheet, int(rows), rng)]
    whole = {sheet: pd.concat(parts, ignore_index=True) for sheet, parts in sheets.items()}
    return _spoiled(whole, programmes, rng, lang=lang, extra=(repeated, faulty))


def _programmes(n_rows: int) -> pd.DataFrame:
    """How many rows each programme gets: in proportion to its lots, at least 12, at most one a lot."""
    rows = standards.table("monitoring_programmes")
    share = _OF_PROGRAMMES * n_rows * rows["n"] / rows["n"].sum()
    return rows.assign(rows=share.round().astype("int64").clip(lower=12).clip(upper=rows["n"]))


def _split(total: int, shares: NDArray[np.float64]) -> NDArray[np.int64]:
    edges = np.round(np.concatenate([[0.0], np.cumsum(shares / shares.sum())]) * total).astype(np.int64)
    return np.diff(edges)


def _tested(programme: Mapping[str, Any], rng: np.random.Generator) -> pd.DataFrame:
    """The rows of one programme: its lots spread over the rows, its failures over the lots."""
    rows, n = int(programme["rows"]), int(programme["n"])
    of = goods(rng, rows, programme["products"])
    lots = 1 + rng.multinomial(n - rows, rng.dirichlet(np.full(rows, 4.0)))
    failed = failures(lots, int(programme["n_nonconforming"]), rng, risk=of.pop("relative_risk").to_numpy())
    day = days(rng, rows, (int(programme["year"]),) * 2, only_workdays=True)
    is_border = programme["sheet"] == "border_inspection"
    out = {
        "inspection_no" if is_border else "sampling_no": numbered(programme["programme"], rows),
        "inspection_date" if is_border else "sampling_date": day,
        "report_date": plus_days(day, rng.gamma(2.0, 6.0, rows) + 60 * (rng.random(rows) < 0.03)),
        "programme": [programme["zh"]] * rows,
        "direction": ["import"] * rows,
        "channel": [programme["channel"]] * rows,
        **places(rng, rows, is_border=is_border),
        **{name: column for name, column in of.items() if name not in _FOUND},
        "n_tested": lots.astype(str),
        "n_nonconforming": failed.astype(str),
        **_findings(of, failed > 0, rng),
        "remark": [SYNTHETIC] * rows,
    }
    return (
        pd.DataFrame(out)
        .astype("string")
        .drop(columns=[] if is_border else ["customs_district", "port", "direction"])
    )


def failures(
    lots: NDArray[np.int64], n_failed: int, rng: np.random.Generator, *, risk: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Which of the rows' lots fail: exactly so many in all, the riskier rows more often.

    Parameters
    ----------
    lots : ndarray of int
        Lots of each row.
    n_failed : int
        Failing lots in all, at most the sum of `lots`.
    rng : numpy.random.Generator
    risk : ndarray of float
        Relative risk of each row's lots, above 0.

    Returns
    -------
    ndarray of int
        Failing lots of each row.

    Examples
    --------
    >>> found = failures(np.array([3, 4]), 5, np.random.default_rng(0), risk=np.array([1.0, 2.0]))
    >>> int(found.sum()), bool((found <= [3, 4]).all())
    (5, True)
    """
    row_of = np.repeat(np.arange(len(lots)), lots)
    # the smallest of exponential times: drawing without replacement with unequal chances
    times = rng.exponential(size=len(row_of)) / risk[row_of]
    return np.bincount(row_of[np.argsort(times)[:n_failed]], minlength=len(lots))


def _findings(of: Mapping[str, Any], is_bad: NDArray[np.bool_], rng: np.random.Generator) -> dict[str, Any]:
    """What was found in rows with a failing lot, nothing in the others."""
    limit = pd.to_numeric(of["limit_value"], errors="coerce").to_numpy(dtype="float64")
    with np.errstate(invalid="ignore"):
        value = limit * (1.02 + rng.gamma(1.2, 0.6, len(limit)))
    told = pd.Series(value).map(lambda number: f"{number:.3g}", na_action="ignore").astype("string")
    done = pd.Series(drawn(rng, ["退运", "销毁", "技术处理后合格", "责令整改"], len(limit)))
    columns = {name: of[name] for name in _FOUND} | {"measured_value": told}
    return {name: pd.Series(column).where(is_bad) for name, column in {**columns, "disposal": done}.items()}


def _spoiled(
    whole: Mapping[str, pd.DataFrame], programmes: pd.DataFrame, rng: np.random.Generator, **how: Any
) -> SampleRegister:
    """The rows in the order of their days, with repetitions and rows to be refused behind them."""
    sizes = np.array([len(sheet) for sheet in whole.values()], dtype=np.float64)
    repeated, faulty = (_split(extra, sizes) for extra in how["extra"])
    sheets, told = {}, []
    for (name, rows), again, bad in zip(whole.items(), repeated, faulty, strict=True):
        columns = [column["column"] for column in sheet_columns(name)]
        tidy = rows.reindex(columns=columns).sort_values(_day(name), kind="stable", ignore_index=True)
        twice = tidy.iloc[rng.choice(len(tidy), int(again), replace=False)]
        broken = _broken(tidy.iloc[rng.choice(len(tidy), int(bad), replace=False)].copy(), name)
        sheets[name] = _in_words(pd.concat([tidy, twice, broken], ignore_index=True), name, lang=how["lang"])
        told.append({"sheet": name, "rows": len(sheets[name]), "repeated": int(again), "faulty": int(bad)})
    kept = ["programme", "year", "zh", "en", "n", "n_nonconforming", "rows"]
    return SampleRegister(sheets, programmes[kept], pd.DataFrame(told))


def _day(sheet: str) -> str:
    return str(next(column["column"] for column in sheet_columns(sheet) if column["kind"] == "date"))


def _broken(rows: pd.DataFrame, sheet: str) -> pd.DataFrame:
    """Each row with one fault, in turn: a day that is none, a number that cannot be, a word for a day."""
    columns = [column["column"] for column in sheet_columns(sheet)]
    day, number = _day(sheet), columns[0]
    rows[number] = rows[number].str.replace("SYN-", "SYN-BAD-", regex=False)
    counts = [name for name in ("n_nonconforming", "n_injured", "age_years") if name in columns]
    faults = [(day, "2026-02-30"), (counts[0], "-1"), (day, "某日")]
    for place, (column, value) in enumerate(faults):
        rows.iloc[place :: len(faults), columns.index(column)] = value
    return rows


def _in_words(rows: pd.DataFrame, sheet: str, *, lang: str) -> pd.DataFrame:
    """Headers and choices as people write them."""
    out = {}
    for column in sheet_columns(sheet):
        words = in_language(lang, choices, column["choices"]) if column["choices"] else {}
        cells = rows[column["column"]].astype("string")
        out[column[lang]] = cells.map(lambda code, words=words: words.get(code, code), na_action="ignore")
    return pd.DataFrame(out).astype("string")
