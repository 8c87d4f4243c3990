"""What a package says that a register says too: the same, or something else under the same evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse
from riskkit.monitoring.triage import same_information

COMPARED = (
    "date", "product", "hs", "brand", "maker", "origin", "hazard_class", "severity", "n_tested",
    "n_nonconforming", "n_injured", "n_dead",
)  # fmt: skip
MOST_COMPARED = 500_000


@dataclass(frozen=True)
class Compared:
    """A package against a register.

    Parameters
    ----------
    conflicts : DataFrame
        evidence, column, here, there: the same reference with different values; both are known.
    n_ambiguous : int
        References that stand at more than one record here or there and were not compared.
    same_groups : DataFrame or None
        commodity, n_here, n_there, name: pieces of information (同一信息) that both tell of, by most records;
        None where there were too many records to compare.
    """

    conflicts: pd.DataFrame
    n_ambiguous: int
    same_groups: pd.DataFrame | None


def compare(here: pd.DataFrame, there: pd.DataFrame) -> Compared:
    """Conflicts and common information of two sets of records.

    Parameters
    ----------
    here, there : DataFrame
        Records of the register and of the package, without those that both have; with ``evidence``,
        `COMPARED`, ``product_group`` and ``consignor``.

    Raises
    ------
    InputFaults
        When a column is missing.

    Examples
    --------
    >>> names = [*COMPARED, "evidence", "product_group", "consignor"]
    >>> one = pd.DataFrame([dict.fromkeys(names)], dtype=object).assign(evidence="A-1", n_dead=0)
    >>> compare(one, one.assign(n_dead=2)).conflicts[["column", "here", "there"]].values.tolist()
    [['n_dead', '0', '2']]
    """
    names = [*COMPARED, "evidence", "product_group", "consignor"]
    gone = [
        Fault("column", one, "a column of the records")
        for one in names
        if one not in here or one not in there
    ]
    refuse("comparison", gone)
    conflicts, n_ambiguous = _conflicts(here, there)
    is_small = len(here) + len(there) <= MOST_COMPARED
    return Compared(conflicts, n_ambiguous, _same(here, there) if is_small else None)


def _conflicts(here: pd.DataFrame, there: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    known = [rows.dropna(subset=["evidence"]) for rows in (here, there)]
    both = set(known[0]["evidence"]) & set(known[1]["evidence"])
    sides = [rows[rows["evidence"].isin(both)] for rows in known]
    many = {one for rows in sides for one in rows.loc[rows["evidence"].duplicated(), "evidence"]}
    one, other = (rows[~rows["evidence"].isin(many)].set_index("evidence").sort_index() for rows in sides)
    found = []
    for column in COMPARED:
        differs = one[column].notna() & other[column].notna() & (one[column] != other[column])
        for evidence in one.index[differs]:
            found.append(
                (evidence, column, _plain(one.at[evidence, column]), _plain(other.at[evidence, column]))
            )
    return pd.DataFrame(found, columns=["evidence", "column", "here", "there"]), len(many)


def _plain(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value)


def _same(here: pd.DataFrame, there: pd.DataFrame) -> pd.DataFrame:
    columns = ["product_group", "brand", "maker", "consignor"]
    parts: Sequence[pd.DataFrame] = [here[columns].assign(side=0), there[columns].assign(side=1)]
    groups = set(there["product_group"].dropna())
    rows = pd.concat([part[part["product_group"].isin(groups)] for part in parts], ignore_index=True)
    heads = ["commodity", "n_here", "n_there", "name"]
    if rows.empty:
        return pd.DataFrame(columns=heads)
    group = same_information(rows[columns]).group
    sides = rows.groupby([group, "side"]).size().unstack(fill_value=0).reindex(columns=[0, 1], fill_value=0)
    names = rows["brand"].fillna(rows["maker"]).fillna(rows["consignor"])
    told = pd.DataFrame({"commodity": rows["product_group"].groupby(group).first(), "n_here": sides[0],
                         "n_there": sides[1], "name": names.groupby(group).first()})  # fmt: skip
    common = told[(told["n_here"] > 0) & (told["n_there"] > 0)]
    return common.sort_values("n_there", ascending=False, kind="stable")[heads].reset_index(drop=True)
