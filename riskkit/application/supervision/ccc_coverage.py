"""The verification list of compulsory certification: which lots a certificate covers on the day."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.foundation.standards import standards
from riskkit.response.working_days import as_days

STATUSES = ("valid", "suspended", "withdrawn")
_TEXTS = ("certificate_id", "holder_id", "product", "certificate_status")


def certificate_checks(
    lots: pd.DataFrame, certificates: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None
) -> pd.DataFrame:
    """What the certificate of each lot is worth on a day.

    Parameters
    ----------
    lots : DataFrame
        is_ccc (1: goods of the compulsory certification catalogue, 0: not, or missing), certificate_id (as
        declared, or missing), firm_id, product.
    certificates : DataFrame
        certificate_id (each once), holder_id, product, valid_from, valid_to (days; valid_to may be missing),
        certificate_status (``valid``, ``suspended``, ``withdrawn``), as the public register has them.
    on : date
        Day of the declaration.
    rules : DataFrame, optional
        Rows of one's own, of the shape of ``certificate_rules.csv``.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``not_needed``, ``verified``, ``hold``, ``unknown``), rule_id,
        reason, margin [days until the certificate ends; below 0 since it ended or until it begins; missing
        where no day decides], status, source_id.

    Raises
    ------
    InputFaults
        With every wrong cell, doubled certificate, unknown status and period that ends before it begins, or
        when no rules are in force.

    References
    ----------
    .. [1] 认证认可条例 (``certification_regulation``): goods of the catalogue need a certificate.

    Examples
    --------
    >>> certificates = pd.DataFrame({"certificate_id": ["C1"], "holder_id": ["A"], "product": ["toys"],
    ...     "valid_from": ["2025-01-01"], "valid_to": ["2029-12-31"], "certificate_status": ["valid"]})
    >>> lots = pd.DataFrame({"is_ccc": [1, 1, 0], "certificate_id": ["C1", None, None], "firm_id": "A",
    ...     "product": ["toys", "toys", "cups"]})
    >>> certificate_checks(lots, certificates, on=dt.date(2026, 5, 1))["decision"].tolist()
    ['verified', 'hold', 'not_needed']
    """
    table = standards.in_force(standards.table("certificate_rules") if rules is None else rules, on)
    refuse("rules", [Fault("on", str(on), "a day with rules in force")] if table.empty else [])
    flag = NumberColumn("is_ccc", low=0, high=1, is_whole=True, may_miss=True)
    is_ccc = number_columns(lots, [flag], what="lots", texts=["certificate_id", "firm_id", "product"])[
        "is_ccc"
    ]
    known = _known(certificates)
    text = lots["certificate_id"].astype("string").str.strip()
    named = text.mask(text == "")
    own = known.reindex(named.astype(object)).set_axis(lots.index)
    day = np.datetime64(on)
    begins, ends = (own[name].to_numpy("datetime64[D]") for name in ("valid_from", "valid_to"))
    tests = {
        "ct-not-needed": is_ccc == 0,
        "ct-unknown": np.isnan(is_ccc),
        "ct-missing": named.isna(),
        "ct-not-listed": own["certificate_status"].isna(),
        "ct-withdrawn": own["certificate_status"] == "withdrawn",
        "ct-suspended": own["certificate_status"] == "suspended",
        "ct-holder": own["holder_id"] != lots["firm_id"],
        "ct-product": own["product"] != lots["product"],
        "ct-early": begins > day,
        "ct-expired": ends < day,
    }
    names = [*tests, "ct-verified"]
    masks = [np.asarray(pd.Series(test).fillna(value=False), dtype=bool) for test in tests.values()]
    place = np.select(masks, range(len(masks)), default=len(masks))
    until = np.where(place == names.index("ct-early"), day - begins, ends - day).astype("timedelta64[D]")
    is_timed = np.isin(place, [names.index(name) for name in ("ct-early", "ct-expired", "ct-verified")])
    margin = np.where(is_timed & ~np.isnat(until), until.astype(np.float64), np.nan)
    rows = table.set_index("rule_id").reindex(names).rename_axis("rule_id").reset_index()
    out = rows.take(place).set_axis(lots.index).assign(margin=margin)
    return out[["decision", "rule_id", "reason", "margin", "status", "source_id"]]


def _known(certificates: pd.DataFrame) -> pd.DataFrame:
    number_columns(certificates, (), what="certificates", texts=[*_TEXTS, "valid_from", "valid_to"])
    rows = certificates.reset_index(drop=True)
    days = {name: as_days(rows[name], what=f"certificates: {name}", may_miss=name == "valid_to")
            for name in ("valid_from", "valid_to")}  # fmt: skip
    ids, words = rows["certificate_id"], rows["certificate_status"]
    faults = [Fault(f"certificates: row {row}: certificate_id", shown(ids[row]), "a name, once")
              for row in np.flatnonzero((ids.isna() | ids.duplicated()).to_numpy(dtype=bool))]  # fmt: skip
    faults += [Fault(f"certificates: row {row}: certificate_status", shown(words[row]),
                     one_of(str(words[row]), STATUSES))
               for row in np.flatnonzero(~words.isin(STATUSES).to_numpy(dtype=bool))]  # fmt: skip
    backwards = np.flatnonzero(days["valid_to"] < days["valid_from"])
    faults += [Fault(f"certificates: row {row}: valid_to", shown(rows["valid_to"][row]), "after valid_from")
               for row in backwards]  # fmt: skip
    refuse("certificates", faults)
    return rows[list(_TEXTS)].assign(**days).set_index("certificate_id")
