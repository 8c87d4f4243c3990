"""Refusals of imports into the USA (FDA, OASIS)."""

from __future__ import annotations

import pandas as pd

from riskkit.foundation.records.foreign_words import country_codes, hazard_classes
from riskkit.monitoring.sources.cells import cells, dates, joined, same
from riskkit.monitoring.sources.source import Source


def to_records(native: pd.DataFrame) -> pd.DataFrame:
    """One record for each refused line; the country is that of the manufacturer.

    A charge gives a hazard class only when its own text names the agent (Salmonella, melamine, …).

    Examples
    --------
    >>> row = {"MFG_FIRM_FEI_NUM": "3001", "LGL_NAME": "A Co", "ISO_CNTRY_CODE": "CN", "ENTRY_NUM": "E1",
    ...        "RFRNC_DOC_ID": "1", "LINE_NUM": "2", "REFUSAL_DATE": "24-Jul-26", "REFUSAL_CHARGES": "9"}
    >>> record = to_records(pd.DataFrame([row], dtype="string")).iloc[0]
    >>> record["date"], record["hazard_class"], record["evidence"]
    ('2026-07-24', 'biological', 'E1/1/2')
    """
    charges, country = cells(native, "REFUSAL_CHARGES"), cells(native, "ISO_CNTRY_CODE")
    number = [cells(native, name) for name in ("ENTRY_NUM", "RFRNC_DOC_ID", "LINE_NUM", "LINE_SFX_ID")]
    return pd.DataFrame(
        {
            "source_class": same(native, "foreign_notification"),
            "date": dates(cells(native, "REFUSAL_DATE"), month_first=True),
            "product": cells(native, "PRDCT_CODE_DESC_TEXT"),
            "product_code": cells(native, "PRODUCT_CODE"),
            "maker": cells(native, "LGL_NAME"),
            "origin": country_codes(country),
            "origin_text": country,
            "port": cells(native, "DISTRICT"),
            "region": same(native, "US"),
            "hazard_class": hazard_classes(charges, "fda_import_refusals", between=","),
            "hazard": charges,
            "event": same(native, "import refusal"),
            "text": joined(
                cells(native, "CITY_NAME"), cells(native, "PROVINCE_STATE"), cells(native, "MFG_FIRM_FEI_NUM")
            ),
            "evidence": joined(*number, between="/"),
            "notice": joined(*number, between="/").where(number[0].notna() & number[2].notna()),
        }
    )


SOURCE = Source(
    name="fda_import_refusals",
    version=2,
    title_zh="美国拒绝进口货物（FDA）",
    title_en="US import refusals (FDA)",
    publisher="US Food and Drug Administration",
    licence="work of the US Government, public",
    required=(("LGL_NAME", "ISO_CNTRY_CODE", "PRODUCT_CODE", "REFUSAL_DATE", "REFUSAL_CHARGES"),),
    date_order="mdy",
    to_records=to_records,
)
