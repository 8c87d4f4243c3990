"""Firms and products with their modes, shares inspected and lots: worked out once for the report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd

from riskkit.application.supervision.ccc_coverage import certificate_checks
from riskkit.application.supervision.conformity import procedures
from riskkit.application.supervision.fairness import fairness
from riskkit.application.supervision.firm_classes import firm_classes
from riskkit.application.supervision.inspection_rates import decide as decide_lots
from riskkit.application.supervision.inspection_rates import inspection_rates
from riskkit.application.supervision.modes import decide as decide_modes
from riskkit.application.supervision.public_draw import commit_rates, public_seed
from riskkit.foundation.inputs.faults import Fault, refuse, shown, tried
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.monitoring.rates.shrinkage import fit_beta_binomial, shrunk_rates
from riskkit.response.referral.inspection_draw import Commitment
from riskkit.workbench.reports.monitoring.records import OpenTable
from riskkit.workbench.reports.response.examples import column_faults, one_day, open_example, open_further

SUBJECTS, HOURS, LOTS = "supervision_subjects", "supervision_hours", "supervision_lots"
CERTIFICATES = "supervision_certificates"
KEYS = ("firm_id", "product", "port")
_TEXTS = (*KEYS, "credit_grade", "product_risk")
_PAST = ("n_lots_past", "n_inspected_past")
_CERTIFICATE = ("certificate_id", "holder_id", "product", "valid_from", "valid_to", "certificate_status")
_COLUMNS = (
    *_TEXTS, "is_assured", "n_tested", "n_nonconforming", "n_lots", "hours_per_lot", "harm", "is_ccc",
    "needs_registration", "has_accepted_report",
)  # fmt: skip


@dataclass(frozen=True)
class ModesStudy:
    """Tables of subjects have the label of `subject_ids` as their index: firm | product | port."""

    opened: OpenTable
    hours_file: OpenTable
    lots_file: OpenTable
    certificates_file: OpenTable
    on: dt.date
    subjects: pd.DataFrame
    hours: dict[str, float]
    classes: pd.DataFrame
    modes: pd.DataFrame
    procedures: pd.DataFrame
    rates: pd.DataFrame
    commitment: Commitment
    seed: str
    lots: pd.DataFrame
    certificates: pd.DataFrame
    by_firm: pd.DataFrame
    by_port: pd.DataFrame


def study_modes(
    subjects: str = SUBJECTS,
    *,
    hours: str = "",
    lots: str = "",
    certificates: str = "",
    on: str,
    secret: str,
    public: str,
) -> ModesStudy:
    """Everything the report of supervision shows, or every fault of files and parameters at once."""
    opened = open_example(subjects, sample=SUBJECTS, what="subjects", texts=_TEXTS)
    hours_file = _further(hours, opened, HOURS, columns=("port", "hours"))
    lots_file = _further(lots, opened, LOTS, columns=("lot_id", *KEYS, "certificate_id"))
    listed = _further(certificates, opened, CERTIFICATES, columns=_CERTIFICATE)
    day = _checked(opened, hours_file, lots_file=lots_file, listed=listed, on=on)
    table, by_port = _subjects(opened.table), _hours(hours_file.table)
    classes = firm_classes(table, on=day)
    modes = decide_modes(table.assign(firm_class=classes["decision"]), on=day)
    facts = table.assign(rate=table["rate_mean"], rate_floor=modes["rate_floor"])
    faults: list[Fault] = []
    mix = tried(faults, partial(procedures, table.assign(mode=modes["applied"]), on=day))
    rates = tried(faults, partial(inspection_rates, facts, hours=by_port, on=day))
    checks = tried(faults, partial(_certificates, lots_file.table, table, listed=listed, day=day))
    refuse("supervision", faults)
    assert mix is not None
    assert rates is not None
    assert checks is not None
    promise = commit_rates(rates, secret=secret)
    seed = public_seed(rates, promise, secret=secret, public=public)
    named = _lots(lots_file.table)
    decided = named.join(decide_lots(named, rates, seed=seed))
    past = _past(table, modes)
    firm, port = (_fair(past, by, day) for by in ("firm_id", "port"))
    return ModesStudy(
        opened, hours_file, lots_file, listed, day, table, by_port, classes, modes, mix, rates, promise, seed,
        decided, checks, firm, port,
    )  # fmt: skip


def _checked(
    opened: OpenTable, hours: OpenTable, *, lots_file: OpenTable, listed: OpenTable, on: str
) -> dt.date:
    """The day, when every file has its columns."""
    faults: list[Fault] = []
    day = one_day(on, what="on", faults=faults)
    faults += [] if on else [Fault("on", "missing", "YYYY-MM-DD")]
    faults += column_faults(opened.table, what="subjects", needed=_COLUMNS, known=(*_COLUMNS, *_PAST))
    faults += column_faults(hours.table, what="hours", needed=("port", "hours"), known=("port", "hours"))
    lot = ("lot_id", *KEYS)
    if lots_file.name:
        faults += column_faults(lots_file.table, what="lots", needed=lot, known=(*lot, "certificate_id"))
    if listed.name:
        faults += column_faults(listed.table, what="certificates", needed=_CERTIFICATE, known=_CERTIFICATE)
    refuse("supervision", faults)
    assert day is not None
    return day


def _further(name: str, subjects: OpenTable, sample: str, *, columns: Sequence[str]) -> OpenTable:
    """A table beside the subjects, which the parameter of the same name asks for."""
    texts = [one for one in columns if one != "hours"]
    what = sample.split("_")[1]
    return open_further(name, subjects, sample=sample, columns=columns, texts=texts, what=what)


def _subjects(given: pd.DataFrame) -> pd.DataFrame:
    """The rows with the posterior of their rate, labelled by firm, product and port."""
    rows = given.reset_index(drop=True)
    kinds = [
        NumberColumn(name, low=0, is_whole=True, may_miss=True) for name in ("n_tested", "n_nonconforming")
    ]
    counts = number_columns(rows, kinds, what="subjects", texts=KEYS)
    faults = [Fault(f"subjects: row {row}: {name}", shown(None), "a name")
              for name in KEYS for row in rows.index[rows[name].isna()]]  # fmt: skip
    above = counts["n_nonconforming"] > counts["n_tested"]
    faults += [Fault(f"subjects: row {row}: n_nonconforming", shown(rows["n_nonconforming"][row]),
                     "at most n_tested") for row in rows.index[above]]  # fmt: skip
    labels = rows[list(KEYS)].astype("string").agg(" | ".join, axis=1)
    faults += [Fault(f"subjects: row {row}", shown(labels[row]), "one row a firm, product and port")
               for row in rows.index[labels.duplicated()]]  # fmt: skip
    refuse("subjects", faults)
    bad, tested = pd.Series(counts["n_nonconforming"]), pd.Series(counts["n_tested"])
    found = shrunk_rates(bad, tested, prior=fit_beta_binomial(bad, tested))
    rates = found[["alpha", "beta", "rate_mean", "rate_lo", "rate_hi"]]
    return rows.join(rates).set_axis(labels.astype(object), axis=0)


def _hours(given: pd.DataFrame) -> dict[str, float]:
    known = number_columns(given, [NumberColumn("hours", low=0)], what="hours", texts=["port"])
    twice = given["port"].duplicated() | given["port"].isna()
    refuse("hours", [Fault(f"hours: row {row}: port", shown(port), "a port, once")
                     for row, port in enumerate(given["port"]) if twice.iloc[row]])  # fmt: skip
    return dict(zip(given["port"].astype(str), known["hours"], strict=True))


def _lots(given: pd.DataFrame) -> pd.DataFrame:
    rows = given.reset_index(drop=True)
    labels = rows[list(KEYS)].astype("string").fillna("").agg(" | ".join, axis=1)
    return rows[["lot_id"]].assign(subject_id=labels.astype(object) if len(rows) else "")


def _certificates(
    lots: pd.DataFrame, table: pd.DataFrame, *, listed: OpenTable, day: dt.date
) -> pd.DataFrame:
    """The verification list of the lots; nothing without a list of certificates."""
    if not listed.name or lots.empty or "certificate_id" not in lots:
        return pd.DataFrame()
    rows = lots.reset_index(drop=True)
    is_ccc = table.groupby("product")["is_ccc"].max()
    facts = rows.assign(is_ccc=rows["product"].map(is_ccc))
    return rows[["lot_id", "firm_id", "product", "certificate_id"]].join(
        certificate_checks(facts, listed.table, on=day)
    )


def _past(table: pd.DataFrame, modes: pd.DataFrame) -> pd.DataFrame:
    """Lots and inspections of the last period; equal risk is the same mode."""
    if any(name not in table for name in _PAST):
        return pd.DataFrame()
    counts = table[["firm_id", "port", *_PAST]].rename(
        columns={"n_lots_past": "n_lots", "n_inspected_past": "n_inspected"}
    )
    return counts.assign(stratum=modes["applied"])


def _fair(past: pd.DataFrame, by: str, day: dt.date) -> pd.DataFrame:
    return pd.DataFrame() if past.empty else fairness(past, by=by, on=day)
