"""Documents of warnings in every format: how long a thousand of them take."""

from __future__ import annotations

import time

from measure import say
from warned import assessed_case, decision

from riskkit.workbench.flows.warnings.making import make_issue
from riskkit.workbench.flows.warnings.official import FORMATS

DOCUMENTS = 1_000


def test_a_thousand_documents_in_all_formats() -> None:
    made, size = 0, 0
    start = time.perf_counter()
    while made < DOCUMENTS:
        issue = make_issue(assessed_case(), decision(issue=f"w-1.{made}", number=made + 1))
        files = [name for name in issue.files if name.rpartition(".")[2] in FORMATS]
        made += len(files)
        size += sum(len(issue.files[name]) for name in files)
    took = time.perf_counter() - start
    say(
        "documents of warnings, one core",
        documents=float(made),
        s=took,
        ms_each=1e3 * took / made,
        mb=size / 1e6,
    )
    assert took < 300
