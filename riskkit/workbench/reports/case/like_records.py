"""The records of a register that are like a case, for the second page of its brief."""

from __future__ import annotations

import pandas as pd

from riskkit.assessment.facts.case_file import Case
from riskkit.assessment.facts.nearest_cases import nearest_records

_QUESTION = """
select record_id, source, date, product, brand, hs, hazard_class, hazard, event
from records
where source_class in ('foreign_notification', 'enterprise', 'media') and date <= ?
  and (list_contains(?, hazard_class) or list_contains(?, left(hs, 2)))
order by date desc, record_id
"""


def like_records(case: Case, register: str) -> pd.DataFrame | None:
    """The nearest notices of a register up to the day of the assessment; None without a register."""
    if not register:
        return None
    from riskkit.store.register.query import looking  # a report without a register needs no database
    from riskkit.workbench.runs.folders.made_register import register_folder

    chapters = sorted({code[:2] for code in case.product.hs})
    given = [case.assessed_on, list(case.hazard_classes()), chapters]
    with looking(register_folder(register)) as connection:
        return nearest_records(case, connection.execute(_QUESTION, given).df())
