"""Injury cases of the US sample of emergency departments (CPSC NEISS)."""

from __future__ import annotations

import functools

import pandas as pd

from riskkit.foundation.records.foreign_words import each_text, hazard_classes, injury_codes, severities
from riskkit.foundation.standards import standards
from riskkit.monitoring.sources.cells import cells, dates, joined, same
from riskkit.monitoring.sources.source import Source

_DIED = r"(?i)8|fatality.*"
_UNHURT = r"(?i)0|no injury"


def _years(age: str) -> str | None:
    """Ages from 201 on are months over 200; 0 is not known."""
    try:
        number = float(age)
    except ValueError:
        return age
    if number == 0:
        return None
    return f"{(number - 200) / 12:.12g}" if 200 < number < 225 else f"{number:g}"


def _months(age: str) -> str:
    return f"{float(age) / 12:.12g}" if age.replace(".", "", 1).isdigit() else age


def _code(cell: str) -> str:
    """A spreadsheet may have made 57.0 of the code 57."""
    return cell.removesuffix(".0")


@functools.cache
def _meanings(field: str) -> dict[str, str]:
    rows = standards.rows("neiss_codes")
    return {row["code"]: row["meaning"] for row in rows if row["field"] == field}


def _told(native: pd.DataFrame, field: str, *more: str) -> pd.Series:
    """What a code stands for; a word stays as it is."""
    known = _meanings(field)
    return each_text(cells(native, field, *more), lambda cell: known.get(_code(cell), cell))


def _number_only(product: str) -> str | None:
    return product if product.isdigit() and int(product) else None


def _name_only(product: str) -> str | None:
    return None if product.isdigit() else product


def to_records(native: pd.DataFrame) -> pd.DataFrame:
    """One record for each case: who was hurt how, with the weight and the design of the sample.

    The product is the first one of the case. A case stands for `weight` cases of the country. Where the
    outcome is not known (left without being seen, not recorded), so is the number of dead.

    Examples
    --------
    >>> case = {"CPSC_Case_Number": "1", "Treatment_Date": "1/31/2019", "Age": "206", "Diagnosis": "57",
    ...         "Disposition": "4", "Product_1": "1842", "Weight": "15.7", "Stratum": "V", "PSU": "61"}
    >>> record = to_records(pd.DataFrame([case], dtype="string")).iloc[0]
    >>> record["date"], record["age_years"], record["injury"], record["severity"]
    ('2019-01-31', '0.5', 'fracture', '3')
    """
    diagnosis = each_text(cells(native, "Diagnosis"), _code)
    disposition = each_text(cells(native, "Disposition"), _code)
    product = each_text(cells(native, "Product_1"), _code)
    narrative = cells(native, "Narrative", "Narrative_1")
    age = each_text(cells(native, "Age"), _years).fillna(each_text(cells(native, "age_months"), _months))
    level = severities(disposition, "neiss", between=r"$^")
    died = disposition.str.fullmatch(_DIED).fillna(False).astype("bool")
    unhurt = disposition.str.fullmatch(_UNHURT).fillna(False).astype("bool")
    return pd.DataFrame(
        {
            "source_class": same(native, "injury"),
            "date": dates(cells(native, "Treatment_Date"), month_first=True),
            "product": each_text(product, _name_only),
            "product_code": each_text(product, _number_only),
            "region": same(native, "US"),
            "hazard_class": hazard_classes(diagnosis, "neiss", between=r"$^"),
            "event": joined(_told(native, "Location", "Incident Locale"), _told(native, "Body_Part")),
            "injury": injury_codes(diagnosis, "neiss"),
            "severity": level,
            "n_injured": same(native, "1").mask(died | unhurt, "0"),
            "n_dead": same(native, "0").where(level.notna() | unhurt).mask(died, "1"),
            "weight": cells(native, "Weight"),
            "stratum": cells(native, "Stratum"),
            "psu": cells(native, "PSU"),
            "age_years": age,
            "text": joined(narrative, cells(native, "Narrative_2"), between=" "),
            "evidence": cells(native, "CPSC_Case_Number"),
            "notice": each_text(cells(native, "CPSC_Case_Number"), _code),
        }
    )


SOURCE = Source(
    name="neiss",
    version=2,
    title_zh="美国急诊产品伤害病例（CPSC NEISS）",
    title_en="US product injuries in emergency departments (CPSC NEISS)",
    publisher="US Consumer Product Safety Commission",
    licence="work of the US Government, public",
    required=(
        ("CPSC_Case_Number", "Treatment_Date", "Age", "Diagnosis", "Disposition", "Product_1", "Weight"),
        ("cpsc_case_number", "treatment_date", "age_months", "weight", "stratum", "psu"),
        ("Treatment_Date", "Age", "Body_Part", "Diagnosis", "Disposition", "Narrative"),
    ),
    date_order="mdy",
    to_records=to_records,
)
