"""What a case says in a notice: title, advice, places, and the marks of the goods."""

from __future__ import annotations

from riskkit.assessment.case_file import Case
from riskkit.foundation import standards
from riskkit.foundation.codes import country_name
from riskkit.foundation.hazard_advice import HazardAdvice, advice_for, advice_of
from riskkit.foundation.uncertainty import best
from riskkit.warning.publication.notices import LANGUAGES, Place
from riskkit.workbench.warnings.words import say


def about_case(case: Case) -> dict[str, object]:
    """Title and places of a case, for boards before anything is drafted.

    Parameters
    ----------
    case : Case

    Examples
    --------
    >>> from riskkit.assessment.case import load_case
    >>> about_case(load_case("note7-battery-2016"))["title"]["en"][-12:]
    'battery fire'
    """
    places = [{"code": one.code, **one.name} for one in case_places(case.jurisdiction)]
    return {"title": case_title(case), "places": places}


def case_advice(case: Case) -> tuple[HazardAdvice, ...]:
    """What consumers are advised for the hazards of a case, each advice once, in the order of the case.

    Examples
    --------
    >>> from riskkit.assessment.case import load_case
    >>> [found.advice for found in case_advice(load_case("lead-paint-toys-2007"))]
    ['lead']
    """
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
    """Product and hazards, so that the first line says what the danger is.

    Examples
    --------
    >>> from riskkit.assessment.case import load_case
    >>> case_title(load_case("lead-paint-toys-2007"))["en"].endswith("lead poisoning")
    True
    """
    goods = {"zh": case.product.name.zh, "en": case.product.name.en}
    joins = {"zh": "、", "en": ", "}
    return {
        lang: say(
            "title",
            lang,
            goods=goods[lang],
            hazard=joins[lang].join(advice.hazard[lang] for advice in case_advice(case)),
        )
        for lang in LANGUAGES
    }


def has_harmed(case: Case) -> bool:
    """Whether harm or incidents are on record: then a message calls the hazard observed.

    Examples
    --------
    >>> from riskkit.assessment.case import load_case
    >>> has_harmed(load_case("note7-battery-2016"))
    True
    """
    facts = case.known_facts()
    counts = ("deaths", "deaths_elsewhere", "serious_injuries", "serious_elsewhere", "injured", "n_reports")
    return any(float(best(facts[name].value)) >= 1 for name in counts if name in facts)


def targets(case: Case) -> dict[str, list[str]]:
    """Marks by which a port tells the goods from others of the same code.

    Examples
    --------
    >>> from riskkit.assessment.case import load_case
    >>> targets(load_case("note7-battery-2016"))["en"][0]
    'Brand: Samsung'
    """
    product = case.product
    said: dict[str, list[str]] = {}
    for lang in LANGUAGES:
        origin = ("、" if lang == "zh" else ", ").join(country_name(code, lang) for code in product.origin)
        marks = (("brand", product.brand), ("maker", product.maker), ("origin", origin))
        said[lang] = [say(f"target_{name}", lang, value=value) for name, value in marks if value]
        said[lang] += identifiers(case)[lang]
    return said


def identifiers(case: Case) -> dict[str, list[str]]:
    """Models, batches, serial numbers and GTIN, by which an owner knows the goods.

    Examples
    --------
    >>> from riskkit.assessment.case import load_case
    >>> sorted(identifiers(load_case("note7-battery-2016")))
    ['en', 'zh']
    """
    product = case.product
    marks = {
        "model": product.models,
        "batch": product.batches,
        "serial": product.serials,
        "gtin": product.gtin,
    }
    return {
        lang: [
            say(f"target_{name}", lang, value=("、" if lang == "zh" else ", ").join(map(str, known)))
            for name, known in marks.items()
            if known
        ]
        for lang in LANGUAGES
    }


def case_places(jurisdiction: str) -> tuple[Place, ...]:
    """Where the warning is for: the whole country of the assessment.

    Examples
    --------
    >>> [place.code for place in case_places("CN")]
    [\'100000\']
    """
    if jurisdiction == "CN":
        row = standards.table("province_codes").set_index("code")
        row.index = row.index.astype(str)
        name = {lang: str(row.loc["100000", lang]) for lang in LANGUAGES}
        return (Place(name=name, system="GB/T 2260", code="100000"),)
    name = {lang: country_name(jurisdiction, lang) for lang in LANGUAGES}
    return (Place(name=name, system="ISO 3166-1", code=jurisdiction),)
