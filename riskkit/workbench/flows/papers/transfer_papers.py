"""Letters by which a case is handed over: to the police, or as a lead to the procuratorate."""

from __future__ import annotations

from riskkit.foundation.inputs.faults import Fault, plain_text, refuse, shown
from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.workbench.flows.papers.paper_files import Paper, file_name, issuer_faults
from riskkit.workbench.flows.warnings.official import FilledDocument
from riskkit.workbench.flows.warnings.templating import filled, template_text
from riskkit.workbench.reports.referral.referral_study import ReferralStudy

say = Texts("papers")


def transfer_papers(study: ReferralStudy, *, issuer: str) -> tuple[Paper, ...]:
    """A letter for each case and route that is certain; a route that is only possible gets none."""
    faults = issuer_faults(issuer)
    for row, cell in enumerate(study.tables["cases"]["case"], start=1):
        try:
            plain_text(str(cell or ""))
        except ValueError as error:
            faults.append(Fault(f"cases: row {row}: case", shown(cell), str(error)))
    refuse("letters of transfer", faults)
    routes = [
        (str(case), route)
        for case, decision in zip(study.routes.index, study.routes["decision"].fillna(""), strict=True)
        for route in decision.split()
    ]
    return tuple(
        Paper(
            file_name(f"referral-{route}", case),
            _filled(study, case, route=route, issuer=issuer, place=place),
        )
        for place, (case, route) in enumerate(routes, start=1)
    )  # fmt: skip


def _filled(study: ReferralStudy, case: str, *, route: str, issuer: str, place: int) -> FilledDocument:
    names = {str(row["case_id"]): str(row["case"]) for row in records(study.tables["cases"])}
    rules = standards.table("referral_routes", on=study.on)
    rule = records(rules[rules["test"] == route])[0]
    papers = study.papers[(study.papers["case_id"] == case) & (study.papers["route"] == route)]
    is_there = papers["is_there"].astype(bool)
    required = papers["need"] == "required"
    on = study.on.isoformat()
    values: dict[str, str | list[str]] = {
        "to": say(f"to_{route}"),
        "case_id": case,
        "case": names[case],
        "why": str(rule[language()]),
        "law": f"{standards.source(rule['source_id'])['document']} {rule['locator']}",
        "papers": [str(words) for words in papers[is_there][language()]],
        "missing": [str(words) for words in papers[~is_there & required][language()]],
        "issuer": issuer,
        "on": on,
    }
    lines = filled(template_text("transfer_letter"), values, name="transfer_letter")
    code = say("number", year=on[:4], n=place)
    return FilledDocument(lines, language(), issuer, code, "", say("transfer_letter"))
