"""Evidence on goods inside and outside the inspection catalogue and what it proposes, worked out once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from riskkit.application.catalogue import ccc_verification, proposals
from riskkit.application.catalogue.hs_codes import map_codes
from riskkit.application.catalogue.hs_editions import EDITIONS, correspondence
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, one_of, refuse, shown, tried
from riskkit.workbench.reports.response.examples import (
    digest_of,
    folder_faults,
    name_of,
    object_rows,
    one_day,
    tables_in,
)

SAMPLE = "catalogue_review"
BY = ["hs", "firm_id", "port"]
COUNTS = ("n_tested", "n_nonconforming", "n_lots", "n_complaints", "n_recalls_abroad")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "records": (*BY, *COUNTS),
    "goods": ("hs", "goods", "is_listed", "is_ccc", "severity", "harm", "hours"),
    "hs_correspondence": ("newer_edition", "older_edition", "code_newer", "code_older"),
}
"""The files of a folder with the columns that each must have; the correspondence may be absent."""
_MORE = {"records": ("hs_edition", "credit"), "goods": ("n_verified", "n_mismatched"),
         "hs_correspondence": ("relationship",)}  # fmt: skip
_TEXTS = ("hs", "firm_id", "port", "credit", "goods", "code_newer", "code_older")


@dataclass(frozen=True)
class CatalogueStudy:
    """Rows of `goods`, `decided`, `within` and `certificates` are indexed by HS code."""

    name: str
    is_sample: bool
    sha256: str
    on: dt.date
    hours: float
    n_read: int
    quarantined: tuple[Fault, ...]
    codes: pd.DataFrame
    goods: pd.DataFrame
    evidence: pd.DataFrame
    decided: pd.DataFrame
    within: pd.DataFrame
    certificates: pd.DataFrame
    fine: pd.DataFrame


def study_catalogue(
    folder: str = SAMPLE, *, on: str, edition: int = 2022, hours: float = 1_000.0
) -> CatalogueStudy:
    """Everything that the notebook of the catalogue shows, or one error with every fault of all files."""
    faults: list[Fault] = []
    day = one_day(on, what="on", faults=faults)
    known = [str(one) for one in EDITIONS]
    faults += [] if on else [Fault("on", shown(on), "a day (YYYY-MM-DD)")]
    faults += [] if str(edition) in known else [Fault("edition", str(edition), one_of(str(edition), known))]
    faults += [] if hours >= 0 else [Fault("hours", shown(hours), "a number from 0 up")]
    tables, sha256 = _tables(folder)
    faults += folder_faults(tables, COLUMNS, more=_MORE)
    refuse("catalogue", faults)
    assert day is not None
    goods = tables["goods"].set_index("hs")
    refuse("goods", [Fault(f"goods: row {row}: hs", shown(goods.index[int(row)]), "an HS code, given once")
                     for row in np.flatnonzero(goods.index.isna() | goods.index.duplicated())])  # fmt: skip
    links = tables.get("hs_correspondence")
    good, aside, codes = _records(tables["records"], links, edition, on=day)
    found = tried(faults, partial(_judged, good, goods, day, hours=hours))
    refuse("catalogue", faults)
    assert found is not None
    name = name_of(folder, sample=SAMPLE)
    return CatalogueStudy(name, folder == SAMPLE, sha256, day, hours, len(tables["records"]), aside, codes,
                          goods, *found)  # fmt: skip


def _tables(folder: str) -> tuple[dict[str, pd.DataFrame], str]:
    place = shipped.home() / "data" / "examples" / SAMPLE if folder == SAMPLE else Path(folder)
    is_there = all((place / f"{name}.csv").is_file() for name in ("records", "goods"))
    rule = RuleText("{}, or a folder with records.csv and goods.csv", SAMPLE)
    refuse("folder", [] if is_there else [Fault("folder", shown(folder), rule)])
    opened = tables_in(place, COLUMNS, texts=_TEXTS)
    rows = {name: object_rows(one.table.reset_index(drop=True)) for name, one in opened.items()}
    return rows, digest_of(opened)


def _records(
    rows: pd.DataFrame, links: pd.DataFrame | None, edition: int, *, on: dt.date
) -> tuple[pd.DataFrame, tuple[Fault, ...], pd.DataFrame]:
    """Good records under the codes of one edition; what is wrong with the others; how old codes fared."""
    number = {name: pd.to_numeric(rows[name], errors="coerce") for name in COUNTS}
    years = pd.to_numeric(rows.get("hs_edition", pd.Series(edition, index=rows.index)), errors="coerce")
    years = years.fillna(edition)
    is_code = rows["hs"].map(lambda code: isinstance(code, str) and code.isdigit() and 6 <= len(code) <= 10)
    tests = [("hs", ~is_code.astype(bool), "an HS code of 6 to 10 digits as text")]
    tests += [(name, rows[name].isna(), "a name") for name in ("firm_id", "port")]
    tests += [(name, (value.isna() & rows[name].notna()) | (value < 0) | (value % 1 != 0) & value.notna(),
               "a whole number from 0 up") for name, value in number.items()]  # fmt: skip
    tests.append(("n_nonconforming", number["n_nonconforming"] > number["n_tested"], "at most n_tested"))
    tests.append(("hs_edition", ~years.isin(EDITIONS), "an edition of the HS"))
    aside = [Fault(f"records: row {at + 1}: {name}", shown(rows[name].iloc[at]), rule)
             for name, wrong, rule in tests for at in np.flatnonzero(wrong)]  # fmt: skip
    is_bad = np.zeros(len(rows), dtype=bool)
    for _, wrong, _ in tests:
        is_bad |= wrong.to_numpy(dtype=bool)
    good = rows[~is_bad].assign(**{name: value[~is_bad] for name, value in number.items()})
    good, codes = _mapped(good, years[~is_bad].astype(int), edition, links=links, on=on)
    return good, tuple(aside), codes


def _mapped(
    good: pd.DataFrame, years: pd.Series, edition: int, *, links: pd.DataFrame | None, on: dt.date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records of older editions under the six digits of this one, where there is exactly one code."""
    parts = [good[years == edition]]
    fared = []
    for year in sorted(set(years) - {edition}):
        here = good[years == year]
        try:
            by = correspondence(links, source=year, target=edition, on=on) if links is not None else None
        except InputFaults:
            by = None
        if by is None:
            told = here[["hs"]].assign(decision="refused", rule_id="no-table", code_to=None, candidates="")
        else:
            told = here[["hs"]].join(
                map_codes(here["hs"], by)[["decision", "rule_id", "code_to", "candidates"]]
            )
            is_one = (told["decision"] == "mapped").to_numpy()
            parts.append(here[is_one].assign(hs=told.loc[is_one, "code_to"]))
        fared.append(told.assign(edition=year))
    heads = ["hs", "decision", "rule_id", "code_to", "candidates", "edition"]
    return pd.concat(parts), pd.concat(fared) if fared else pd.DataFrame(columns=heads)


def _judged(
    records: pd.DataFrame, goods: pd.DataFrame, on: dt.date, *, hours: float
) -> tuple[pd.DataFrame, ...]:
    """Evidence, proposals, what fits into the hours, certificates; and the evidence by firm and port."""
    severity = pd.to_numeric(goods["severity"])
    rows = records.assign(severity=records["hs"].map(severity))
    coarse, fine = proposals.evidence(rows, by=["hs"]), proposals.evidence(rows, by=BY)
    facts = coarse.assign(is_listed=pd.to_numeric(goods["is_listed"]).reindex(coarse.index))
    decided = proposals.decide(facts, on=on)
    asked = decided[["decision", "n_missed_now", "n_missed_after"]]
    asked = asked.assign(
        **{name: pd.to_numeric(goods[name]).reindex(asked.index) for name in ("harm", "hours")}
    )
    within = proposals.within_hours(asked, hours=hours)
    ccc = goods.reindex(columns=["is_ccc", "n_verified", "n_mismatched"], index=coarse.index)
    ccc = ccc.apply(pd.to_numeric).assign(p_above=decided["p_above"])
    if "credit" in records:
        firms = records.drop_duplicates("firm_id").set_index("firm_id")["credit"]
        fine = fine.assign(credit=fine.index.get_level_values("firm_id").map(firms.to_dict()))
    return facts, decided, within, ccc_verification.decide(ccc, on=on), fine
