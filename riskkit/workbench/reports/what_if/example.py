"""A small what-if study, for examples."""

from __future__ import annotations

from functools import cache

from riskkit.assessment.what_if.what_if_file import load_what_ifs
from riskkit.case.case import load_case
from riskkit.foundation import shipped
from riskkit.warning.profiles import profile
from riskkit.workbench.reports.what_if.study import WhatIfStudy, study_case


@cache
def studied(name: str = "note7-battery-2016", draws: int = 400) -> WhatIfStudy:
    """The what-if study of a shipped case that is graded and has a file of what-ifs."""
    case = load_case(name)
    found = study_case(
        case,
        load_what_ifs(str(shipped.what_ifs_path(name)), case),
        profile=profile(),
        draws=draws,
        seed=1,
    )
    assert isinstance(found, WhatIfStudy)
    return found
