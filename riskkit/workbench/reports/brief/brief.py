"""The first page of the brief that opens a report: which product it is, how bad it is, how sure this is."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from riskkit.assessment.facts.case_file import Case, NonconformingItem
from riskkit.case.case import Assessment
from riskkit.case.case_levels import point_of
from riskkit.case.case_numbers import case_numbers
from riskkit.case.experience_sentences import say_count, say_place
from riskkit.case.level_sentence import say_share
from riskkit.case.sentences import input_name
from riskkit.foundation.inputs.picture_file import PictureFile
from riskkit.foundation.standards.codes import country_name
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import listed
from riskkit.workbench.document.block_kinds import Block, Cell, Paragraph, Photo, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.reading import BRIEF_IDS
from riskkit.workbench.reports.brief.length import fitted, shortened
from riskkit.workbench.reports.case.summary import level_badges
from riskkit.workbench.reports.case.words import distribution, scenario_titles

Cut = Callable[[str, int], str]
_MOST_NAMED = 4
_NAME = {"zh": 40, "en": 16}
"""Characters or words of the name of a product or firm, which is not shortened with the rest."""
_LEAD = {"zh": 150, "en": 80}
"""Characters or words of the first sentence, which is not shortened with the rest."""
_HARM = {
    "deaths": "deaths",
    "serious_injuries": "serious_injuries",
    "injured": "injured",
    "n_reports": "incidents",
}
_HARM_ABROAD = {"deaths_elsewhere": "deaths", "serious_elsewhere": "serious_injuries"}
"""Facts of harm, and the short words for them."""


def brief(assessment: Assessment, *, lang: str, pictures: Sequence[PictureFile] = ()) -> Section:
    """The first page: which product it is, how bad it is and how sure this is."""

    def compose(cut: Cut) -> Section:
        blocks: list[Block] = [
            *_photo(assessment.case, pictures, cut, lang=lang),
            *level_badges(assessment, lang),
        ]
        blocks.append(Paragraph(shortened(assessment.robustness.say(lang), _LEAD[lang], lang), "lead"))
        blocks.append(_pairs("brief_what", _what(assessment.case, cut, lang), lang))
        if assessment.badge is not None:
            blocks.append(_pairs("brief_bad", _bad(assessment, cut, lang), lang))
            blocks.append(_pairs("brief_sure", _sure(assessment, cut, lang), lang))
        return Section(BRIEF_IDS[0], text("brief", lang), 1, tuple(blocks))

    return fitted(compose, lang, share=method_number("brief", "first_page"))


def _photo(case: Case, pictures: Sequence[PictureFile], cut: Cut, *, lang: str) -> list[Block]:
    alts = {one.file: one.alt.say(lang) for one in case.pictures}
    png = [(base64.b64encode(one.png).decode(), cut(alts[one.name], 12)) for one in pictures[:1]]
    return [Photo(*one) for one in png]


def _pairs(caption: str, rows: Sequence[tuple[str, str]], lang: str) -> Table:
    heads = (text("col_item", lang), text("col_content", lang))
    told: tuple[tuple[Cell, ...], ...] = tuple((text(key, lang), words) for key, words in rows if words)
    return Table(text(caption, lang), heads, told)


def _what(case: Case, cut: Cut, lang: str) -> list[tuple[str, str]]:
    product, long = case.product, 14 if lang == "en" else 30
    known = {key: listed(getattr(product, name), lang, empty="") for key, name in _IDENTITY.items()}
    known["brief_operators"] = _operators(case, lang)
    breaches = (_breach(one, lang) for one in case.methods.nonconformity)
    known["brief_breach"] = listed(breaches, lang, empty="")
    missing = [text(key, lang) for key, words in known.items() if not words]
    hazards = "；".join if lang == "zh" else "; ".join
    said = hazards(one.description.say(lang) for one in case.hazards)
    brand = "" if product.brand is None else f"{product.brand} "
    return [
        ("row_product", shortened(brand + product.name.say(lang), _NAME[lang], lang)),
        *((key, _kept(key, words, cut, lang=lang)) for key, words in known.items() if words),
        ("row_hs", listed(product.hs[:_MOST_NAMED], lang)),
        (
            "row_origin",
            listed((country_name(code, lang) for code in product.origin[:_MOST_NAMED]), lang, empty=""),
        ),
        ("brief_hazard", cut(said, 2 * long)),
        ("brief_not_stated", listed(missing, lang, empty="")),
    ]


def _kept(key: str, words: str, cut: Cut, *, lang: str) -> str:
    """Firms are named in full where they can be; lists of numbers are shortened with the rest."""
    if key == "brief_operators":
        return shortened(words, 2 * _NAME[lang], lang)
    return cut(words, 2 * _NAME[lang])


_IDENTITY = {
    "brief_models": "models",
    "brief_batches": "batches",
    "brief_serials": "serials",
    "brief_gtin": "gtin",
}


def _operators(case: Case, lang: str) -> str:
    def said(name: str, role: str, country: str | None) -> str:
        where = "" if country is None else f"{'，' if lang == 'zh' else ', '}{country_name(country, lang)}"
        about = f"{label('operator_role', role, lang)}{where}"
        return f"{name}（{about}）" if lang == "zh" else f"{name} ({about})"

    firms = [(one.name, one.role, one.country) for one in case.operators]
    roles = {role for _, role, _ in firms}
    for role in ("maker", "importer"):
        name = getattr(case.product, role)
        firms += [(name, role, None)] if name is not None and role not in roles else []
    return listed((said(*firm) for firm in firms), lang, empty="")


def _breach(item: NonconformingItem, lang: str) -> str:
    standard = text("brief_no_standard", lang)
    if item.standard is not None:
        standard = f"{item.standard}{'，' if lang == 'zh' else ', '}{item.clause}"
    key = "brief_breached_unmeasured" if item.measured is None else "brief_breached"
    numbers = (
        {} if item.measured is None else {"measured": f"{item.measured:,g}", "limit": f"{item.limit:,g}"}
    )
    return text(key, lang, item=item.item.say(lang), standard=standard, unit=item.unit or "", **numbers)


def _bad(assessment: Assessment, cut: Cut, lang: str) -> list[tuple[str, str]]:
    case = assessment.case
    governing = str(assessment.scenarios.loc[assessment.scenarios["governs"], "scenario"].iloc[0])
    scenario = next(one for one in case.scenarios if one.id == governing)
    users = text(
        "brief_users", lang, who=label("users", scenario.users, lang), how=case.exposure.users.say(lang)
    )
    return [
        ("row_governs", cut(scenario_titles(case, lang)[governing], 25 if lang == "en" else 40)),
        ("brief_observed", _known(case, _HARM, lang)),
        ("brief_abroad", _known(case, _HARM_ABROAD, lang)),
        ("brief_expected", _expected(case, lang)),
        ("brief_who", cut(users, 25 if lang == "en" else 40)),
    ]


def _known(case: Case, names: Mapping[str, str], lang: str) -> str:
    colon = "：" if lang == "zh" else ": "
    told = []
    for name, outcome in names.items():
        if name in case.facts:
            value = distribution(case.facts[name].value, "count", lang)
            told.append(f"{label('observed_outcome', outcome, lang)}{colon}{value}")
    return ("；" if lang == "zh" else "; ").join(told) or text("not_published", lang)


def _expected(case: Case, lang: str) -> str:
    at = {name: np.array([value]) for name, value in point_of(case).items()}
    facts = case_numbers(case, at).facts
    expected = {name: float(facts[f"expected_{name}"][0]) for name in ("deaths", "serious")}
    if any(np.isnan(value) for value in expected.values()):
        return text("brief_not_estimated", lang)
    return text("brief_expected_said", lang, **{name: _rounded(value) for name, value in expected.items()})


def _rounded(value: float) -> str:
    """Two figures, the way people write them."""
    if value and value < 0.01:
        return "<0.01"
    return f"{float(f'{value:.2g}'):,g}"


def _doubt(assessment: Assessment, lang: str) -> str:
    """The first outcome of which far more or far less is known than the scenarios make one expect."""
    found = None if assessment.experience is None else assessment.experience.questioned()
    if found is None or found.empty:
        return ""
    row = records(found)[0]
    outcome = label("observed_outcome", row["outcome"], lang)
    numbers = {name: say_count(row[name], lang) for name in ("expected", "observed")}
    return text("brief_doubt", lang, place=say_place(row, lang), outcome=outcome, **numbers)


def _sure(assessment: Assessment, cut: Cut, lang: str) -> list[tuple[str, str]]:
    case, badge, shares = assessment.case, assessment.badge, assessment.shares["certain"]
    levels = [
        f"{code} {say_share(float(shares[code]), lang)}" for code in reversed(shares.index) if shares[code]
    ]
    missing = [input_name(case, name, lang) for name in assessment.missing[:_MOST_NAMED]]
    moving = assessment.tornado[assessment.tornado["swing"] > 0]["input"]
    near = [input_name(case, str(name), lang) for name in dict.fromkeys(assessment.near_bounds["input"])][:2]
    long = 25 if lang == "en" else 50
    return [
        ("brief_experience", _doubt(assessment, lang)),
        ("brief_shares", "" if badge is None or badge.is_range() else listed(levels, lang)),
        ("brief_missing", cut(listed(missing, lang, empty=text("brief_no_missing", lang)), long)),
        ("brief_driver", cut(input_name(case, str(moving.iloc[0]), lang), long) if len(moving) else ""),
        ("brief_bounds", cut(listed(near, lang, empty=""), long)),
    ]
