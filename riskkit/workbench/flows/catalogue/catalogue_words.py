"""Short words of the inspection catalogue, and its draft notice."""

from __future__ import annotations

from typing import Any

import pandas as pd

from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import number, rate
from riskkit.workbench.flows.catalogue.catalogue_study import CatalogueStudy
from riskkit.workbench.flows.warnings.official import FilledDocument
from riskkit.workbench.flows.warnings.templating import filled, template_text

say = Texts("goods")
_TEMPLATE = "catalogue_notice"


def goods_name(study: CatalogueStudy, code: str) -> str:
    """The name of goods; a dash for codes that the list of goods does not have."""
    return str(study.goods.at[code, "goods"]) if code in study.goods.index else "—"


def with_ends(row: dict[str, float]) -> str:
    """The rate with its 95 % interval."""
    if pd.isna(row["rate_mean"]):
        return "—"
    low, high = (rate(row[f"rate_{end}"]) for end in ("lo", "hi"))
    return say("with_ends", middle=rate(row["rate_mean"]), low=low, high=high)


def rule_words() -> dict[str, str]:
    """Each rule in words."""
    table = standards.table("catalogue_rules")
    return dict(zip(table["rule_id"], table[language()], strict=True))


def moved(study: CatalogueStudy, decision: str) -> list[str]:
    """Codes that are proposed to move; those that come in only as far as the hours go."""
    is_so = study.decided["decision"] == decision
    if decision == "propose_in":
        is_so &= study.within["is_chosen"]
    return [str(code) for code in study.decided.index[is_so]]


def draft_notice(study: CatalogueStudy, *, issuer: str) -> FilledDocument:
    """The draft of a notice that adjusts the catalogue, with the HS list."""
    lines = {
        decision: [_line(study, code) for code in moved(study, decision)]
        for decision in ("propose_in", "propose_out")
    }
    ccc = study.certificates[study.certificates["decision"].isin(["verify_each", "verify_drawn"])]
    values: dict[str, str | list[str]] = {
        "into": lines["propose_in"], "out": lines["propose_out"],
        "ccc": [say(f"ccc_{row['decision']}", hs=code, goods=goods_name(study, code))
                for code, row in zip(ccc.index, records(ccc), strict=True)],
        "issuer": issuer, "issued_on": study.on.isoformat(),
    }  # fmt: skip
    made = filled(template_text(_TEMPLATE), values, name=_TEMPLATE)
    return FilledDocument(made, language(), issuer, say("draft"), "", say("notice"),
                          foot_words=say("foot"))  # fmt: skip


def _line(study: CatalogueStudy, code: str) -> str:
    row: dict[str, Any] = {str(name): value for name, value in study.evidence.loc[code].items()}
    return say("notice_line", hs=code, goods=goods_name(study, code), n=number(float(row["n_tested"])),
               rate=with_ends(row))  # fmt: skip
