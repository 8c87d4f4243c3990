"""All readers by name."""

from __future__ import annotations

from riskkit.monitoring.sources import canonical
from riskkit.monitoring.sources.published import (
    cpsc_recalls,
    fda_caers,
    fda_import_refusals,
    fda_recalls,
    neiss,
    nhtsa_recalls,
    opss,
    rasff,
    safety_gate,
    usda_fsis,
)
from riskkit.monitoring.sources.sheets import (
    border_inspection,
    complaint,
    defect_report,
    injury_card,
    laboratory_report,
    market_sampling,
)
from riskkit.monitoring.sources.source import Source

_SHEETS = (border_inspection, market_sampling, complaint, injury_card, defect_report, laboratory_report)
_NOTICES = (
    neiss, cpsc_recalls, safety_gate, rasff, fda_recalls, fda_caers, fda_import_refusals, usda_fsis,
    nhtsa_recalls, opss,
)  # fmt: skip
SOURCES: tuple[Source, ...] = tuple(module.SOURCE for module in (*_SHEETS, *_NOTICES, canonical))
"""Riskkit's own sheets first, then other people's files, then files with the record's columns already."""


def source_named(name: str) -> Source:
    """The reader of a name.

    Raises
    ------
    KeyError
        When there is none.

    Examples
    --------
    >>> source_named("rasff").title_en
    'EU rapid alerts on food and feed (RASFF)'
    """
    for source in SOURCES:
        if source.name == name:
            return source
    raise KeyError(f"no source {name!r}; there are: {', '.join(source.name for source in SOURCES)}")
