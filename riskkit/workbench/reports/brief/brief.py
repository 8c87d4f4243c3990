"""The first page of the brief that opens a report: which product it is, how bad it is, how sure this is."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from riskkit.assessment.facts.case_file import Case, NonconformingItem
from riskkit.case.case import Assessment
from riskkit.case.case_inputs import point_of
from riskkit.case.case_numbers import case_numbers
from riskkit.case.experience_sentences import say_count, say_place
from riskkit.case.level_sentence import say_share
from riskkit.case.sentences import input_name
from riskkit.foundation.inputs.picture_file import PictureFile
from riskkit.foundation.language import language
from riskkit.foundation.standards.codes import country_name
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.method_numbers import method_number
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import report_text as text
from riskkit.words.numbers import listed
from riskkit.workbench.document.block_kinds import Badge, Block, Cell, Details, Items, Paragraph, Photo, Table
from riskkit.workbench.document.blocks import Section
from riskkit.workbench.document.reading import BRIEF_IDS
from riskkit.workbench.reports.case.summary import level_badges
from riskkit.workbench.reports.case.words import distribution, scenario_titles

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef]|[^\s\u3040-\u30ff\u3400-\u9fff\uff00-\uffef]+")
_SIGN = re.compile(r"\S")
_ENDS = {"zh": "。；", "en": ".;"}
_LONGEST = 12  # signs of a word, on average: words that run on would break the page
_SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
"""How far the longest texts are shortened, until a page is short enough."""


def length(words: str) -> int:
    """Words of an English text; characters of a Chinese one, without spaces."""
    return len(_pattern().findall(words))


def _pattern() -> re.Pattern[str]:
    return _SIGN if language() == "zh" else _WORD


def shortened(words: str, most: int) -> str:
    """A text of at most `most` words (en) or characters (zh): whole sentences, or cut with “…”."""
    tokens = list(_pattern().finditer(words))
    tokens = tokens[: next((n for n, one in enumerate(tokens) if one.end() > most * _LONGEST), len(tokens))]
    if not tokens or (len(tokens) <= most and tokens[-1].end() == len(words.rstrip())):
        return words[: most * _LONGEST] + ("…" if len(words) > most * _LONGEST else "")
    most = min(most, len(tokens))
    kept = words[: tokens[max(most - 1, 0)].end()]
    ends = [at + 1 for at, sign in enumerate(kept) if sign in _ENDS[language()] and _is_end(words, at)]
    if ends and length(kept[: ends[-1]]) * 2 >= most:
        return kept[: ends[-1]].rstrip("；; ")
    return words[: tokens[max(most - 2, 0)].end()].rstrip("，、；,;:： ") + "…"


def _is_end(words: str, at: int) -> bool:
    """A full stop inside a number or a name (GB 1.2) ends no sentence."""
    return language() == "zh" or at + 1 == len(words) or words[at + 1].isspace()


def section_length(section: Section) -> int:
    """Words (en) or characters (zh) of everything a section shows."""
    return sum(length(words) for block in section.blocks for words in texts(block)) + length(section.title)


def texts(block: Block | Cell) -> list[str]:  # noqa: PLR0911 - one answer a kind
    """Every text that a block shows."""
    match block:
        case str():
            return [block]
        case Paragraph():
            return [block.text]
        case Photo():
            return [block.alt]
        case Badge():
            return [block.scale, block.label]
        case Items():
            return list(block.items)
        case Table():
            cells = (cell for row in block.rows for cell in row)
            return [block.caption, *block.columns, *(words for cell in cells for words in texts(cell))]
        case Details():
            return [block.summary, *(words for inner in block.blocks for words in texts(inner))]


def fitted(compose: Callable[[Callable[[str, int], str]], Section], *, share: float) -> Section:
    """A page of a brief, its longest texts shortened until it holds the limit."""
    whole = method_number("brief", "characters" if language() == "zh" else "words")
    for times in _SHARES:

        def cut(words: str, most: int, times: float = times) -> str:
            return shortened(words, max(3, round(most * times)))

        section = compose(cut)
        if section_length(section) <= share * whole:
            return section
    raise ValueError("a brief that holds its length")


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


def brief(assessment: Assessment, *, pictures: Sequence[PictureFile] = ()) -> Section:
    """The first page: which product it is, how bad it is and how sure this is."""

    def compose(cut: Cut) -> Section:
        blocks: list[Block] = [
            *_photo(assessment.case, pictures, cut),
            *level_badges(assessment),
        ]
        blocks.append(Paragraph(shortened(assessment.robustness.say(), _LEAD[language()]), "lead"))
        blocks.append(_pairs("brief_what", _what(assessment.case, cut)))
        if assessment.badge is not None:
            blocks.append(_pairs("brief_bad", _bad(assessment, cut)))
            blocks.append(_pairs("brief_sure", _sure(assessment, cut)))
        return Section(BRIEF_IDS[0], text("brief"), 1, tuple(blocks))

    return fitted(compose, share=method_number("brief", "first_page"))


def _photo(case: Case, pictures: Sequence[PictureFile], cut: Cut) -> list[Block]:
    alts = {one.file: one.alt.say() for one in case.pictures}
    png = [(base64.b64encode(one.png).decode(), cut(alts[one.name], 12)) for one in pictures[:1]]
    return [Photo(*one) for one in png]


def _pairs(caption: str, rows: Sequence[tuple[str, str]]) -> Table:
    heads = (text("col_item"), text("col_content"))
    told: tuple[tuple[Cell, ...], ...] = tuple((text(key), words) for key, words in rows if words)
    return Table(text(caption), heads, told)


def _what(case: Case, cut: Cut) -> list[tuple[str, str]]:
    product, long = case.product, 14 if language() == "en" else 30
    known = {key: listed(getattr(product, name), empty="") for key, name in _IDENTITY.items()}
    known["brief_operators"] = _operators(case)
    breaches = (_breach(one) for one in case.methods.nonconformity)
    known["brief_breach"] = listed(breaches, empty="")
    missing = [text(key) for key, words in known.items() if not words]
    hazards = "；".join if language() == "zh" else "; ".join
    said = hazards(one.description.say() for one in case.hazards)
    brand = "" if product.brand is None else f"{product.brand} "
    return [
        ("row_product", shortened(brand + product.name.say(), _NAME[language()])),
        *((key, _kept(key, words, cut)) for key, words in known.items() if words),
        ("row_hs", listed(product.hs[:_MOST_NAMED])),
        (
            "row_origin",
            listed((country_name(code) for code in product.origin[:_MOST_NAMED]), empty=""),
        ),
        ("brief_hazard", cut(said, 2 * long)),
        ("brief_not_stated", listed(missing, empty="")),
    ]


def _kept(key: str, words: str, cut: Cut) -> str:
    """Firms are named in full where they can be; lists of numbers are shortened with the rest."""
    if key == "brief_operators":
        return shortened(words, 2 * _NAME[language()])
    return cut(words, 2 * _NAME[language()])


_IDENTITY = {
    "brief_models": "models",
    "brief_batches": "batches",
    "brief_serials": "serials",
    "brief_gtin": "gtin",
}


def _operators(case: Case) -> str:
    def said(name: str, role: str, country: str | None) -> str:
        where = "" if country is None else f"{'，' if language() == 'zh' else ', '}{country_name(country)}"
        about = f"{label('operator_role', role)}{where}"
        return f"{name}（{about}）" if language() == "zh" else f"{name} ({about})"

    firms = [(one.name, one.role, one.country) for one in case.operators]
    roles = {role for _, role, _ in firms}
    for role in ("maker", "importer"):
        name = getattr(case.product, role)
        firms += [(name, role, None)] if name is not None and role not in roles else []
    return listed((said(*firm) for firm in firms), empty="")


def _breach(item: NonconformingItem) -> str:
    standard = text("brief_no_standard")
    if item.standard is not None:
        standard = f"{item.standard}{'，' if language() == 'zh' else ', '}{item.clause}"
    key = "brief_breached_unmeasured" if item.measured is None else "brief_breached"
    numbers = (
        {} if item.measured is None else {"measured": f"{item.measured:,g}", "limit": f"{item.limit:,g}"}
    )
    return text(key, item=item.item.say(), standard=standard, unit=item.unit or "", **numbers)


def _bad(assessment: Assessment, cut: Cut) -> list[tuple[str, str]]:
    case = assessment.case
    governing = str(assessment.scenarios.loc[assessment.scenarios["governs"], "scenario"].iloc[0])
    scenario = next(one for one in case.scenarios if one.id == governing)
    users = text("brief_users", who=label("users", scenario.users), how=case.exposure.users.say())
    return [
        ("row_governs", cut(scenario_titles(case)[governing], 25 if language() == "en" else 40)),
        ("brief_observed", _known(case, _HARM)),
        ("brief_abroad", _known(case, _HARM_ABROAD)),
        ("brief_expected", _expected(case)),
        ("brief_who", cut(users, 25 if language() == "en" else 40)),
    ]


def _known(case: Case, names: Mapping[str, str]) -> str:
    colon = "：" if language() == "zh" else ": "
    told = []
    for name, outcome in names.items():
        if name in case.facts:
            value = distribution(case.facts[name].value, "count")
            told.append(f"{label('observed_outcome', outcome)}{colon}{value}")
    return ("；" if language() == "zh" else "; ").join(told) or text("not_published")


def _expected(case: Case) -> str:
    at = {name: np.array([value]) for name, value in point_of(case).items()}
    facts = case_numbers(case, at).facts
    expected = {name: float(facts[f"expected_{name}"][0]) for name in ("deaths", "serious")}
    if any(np.isnan(value) for value in expected.values()):
        return text("brief_not_estimated")
    return text("brief_expected_said", **{name: _rounded(value) for name, value in expected.items()})


def _rounded(value: float) -> str:
    """Two figures, the way people write them."""
    if value and value < 0.01:
        return "<0.01"
    return f"{float(f'{value:.2g}'):,g}"


def _doubt(assessment: Assessment) -> str:
    """The first outcome of which far more or far less is known than the scenarios make one expect."""
    found = None if assessment.experience is None else assessment.experience.questioned()
    if found is None or found.empty:
        return ""
    row = records(found)[0]
    outcome = label("observed_outcome", row["outcome"])
    numbers = {name: say_count(row[name]) for name in ("expected", "observed")}
    return text("brief_doubt", place=say_place(row), outcome=outcome, **numbers)


def _sure(assessment: Assessment, cut: Cut) -> list[tuple[str, str]]:
    case, badge, shares = assessment.case, assessment.badge, assessment.shares["certain"]
    levels = [f"{code} {say_share(float(shares[code]))}" for code in reversed(shares.index) if shares[code]]
    missing = [input_name(case, name) for name in assessment.missing[:_MOST_NAMED]]
    moving = assessment.tornado[assessment.tornado["swing"] > 0]["input"]
    near = [input_name(case, str(name)) for name in dict.fromkeys(assessment.near_bounds["input"])][:2]
    long = 25 if language() == "en" else 50
    return [
        ("brief_experience", _doubt(assessment)),
        ("brief_shares", "" if badge is None or badge.is_range() else listed(levels)),
        ("brief_missing", cut(listed(missing, empty=text("brief_no_missing")), long)),
        ("brief_driver", cut(input_name(case, str(moving.iloc[0])), long) if len(moving) else ""),
        ("brief_bounds", cut(listed(near, empty=""), long)),
    ]
