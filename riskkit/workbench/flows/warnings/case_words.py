"""What a case says in a notice: title, advice, places, and the marks of the goods."""

from __future__ import annotations

from riskkit.assessment.facts.case_file import Case
from riskkit.foundation.language import in_each_language, in_language
from riskkit.foundation.numbers.uncertainty import best
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.codes import country_name
from riskkit.foundation.standards.hazard_advice import HazardAdvice, advice_for, advice_of
from riskkit.warning.publication.notices import LANGUAGES, Place
from riskkit.words.catalogue import warning_text as say


def about_case(case: Case) -> dict[str, object]:
    """Title and places of a case, for boards before anything is drafted."""
    places = [{"code": one.code, **one.name} for one in case_places(case.jurisdiction)]
    return {"title": case_title(case), "places": places}


def case_advice(case: Case) -> tuple[HazardAdvice, ...]:
    """What consumers are advised for the hazards of a case, each advice once, in the order of the case."""
    found = [
        advice_of(hazard.advice)
        if hazard.advice
        else advice_for(
            hazard.group,
            agent=hazard.agent,
            injuries={scenario.injury for scenario in case.scenarios if scenario.hazard == hazard.id},
        )
        for hazard in case.hazards
    ]
    return tuple({advice.advice: advice for advice in found}.values())


def case_title(case: Case) -> dict[str, str]:
    """Product and hazards, so that the first line says what the danger is."""
    goods = {"zh": case.product.name.zh, "en": case.product.name.en}
    joins = {"zh": "、", "en": ", "}
    return {
        lang: in_language(
            lang,
            say,
            "title",
            goods=goods[lang],
            hazard=joins[lang].join(advice.hazard[lang] for advice in case_advice(case)),
        )
        for lang in LANGUAGES
    }


def has_harmed(case: Case) -> bool:
    """Whether harm or incidents are on record: then a message calls the hazard observed."""
    facts = case.known_facts()
    counts = ("deaths", "deaths_elsewhere", "serious_injuries", "serious_elsewhere", "injured", "n_reports")
    return any(float(best(facts[name].value)) >= 1 for name in counts if name in facts)


def targets(case: Case) -> dict[str, list[str]]:
    """Marks by which a port tells the goods from others of the same code."""
    product = case.product
    said: dict[str, list[str]] = {}
    for lang in LANGUAGES:
        origin = ("、" if lang == "zh" else ", ").join(
            in_language(lang, country_name, code) for code in product.origin
        )
        marks = (("brand", product.brand), ("maker", product.maker), ("origin", origin))
        said[lang] = [in_language(lang, say, f"target_{name}", value=value) for name, value in marks if value]
        said[lang] += identifiers(case)[lang]
    return said


def identifiers(case: Case) -> dict[str, list[str]]:
    """Models, batches, serial numbers and GTIN, by which an owner knows the goods."""
    product = case.product
    marks = {
        "model": product.models,
        "batch": product.batches,
        "serial": product.serials,
        "gtin": product.gtin,
    }
    return {
        lang: [
            in_language(
                lang, say, f"target_{name}", value=("、" if lang == "zh" else ", ").join(map(str, known))
            )
            for name, known in marks.items()
            if known
        ]
        for lang in LANGUAGES
    }


def case_places(jurisdiction: str) -> tuple[Place, ...]:
    """Where the warning is for: the whole country of the assessment."""
    if jurisdiction == "CN":
        row = standards.table("province_codes").set_index("code")
        row.index = row.index.astype(str)
        name = {lang: str(row.loc["100000", lang]) for lang in LANGUAGES}
        return (Place(name=name, system="GB/T 2260", code="100000"),)
    name = in_each_language(country_name, jurisdiction)
    return (Place(name=name, system="ISO 3166-1", code=jurisdiction),)
