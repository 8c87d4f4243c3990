"""What a document about a warning must say, and the values that its template is filled with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, plain_text, refuse, shown
from riskkit.foundation.language import in_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.glossary import label
from riskkit.foundation.standards.scales import scale
from riskkit.warning.alerts.choice import ChosenDocument, authority_of
from riskkit.warning.alerts.notice_rules import notice_words
from riskkit.warning.publication.notices import Notice, check_notice

CHINA = dt.timezone(dt.timedelta(hours=8))
LEVELS = ("Ⅳ", "Ⅲ", "Ⅱ", "Ⅰ")
Values = Mapping[str, str | list[str]]


@dataclass(frozen=True, kw_only=True)
class DocumentFacts:
    """What a document needs beside the notice.

    Parameters
    ----------
    number : str
        发文字号, such as ``示警通〔2026〕1号``.
    measures : tuple of str
        Codes of ``alert_measures`` that were decided on.
    is_authorised : bool
        Whether the State Council authorised level Ⅰ.
    goods : mapping of str to str
        Name of the goods in zh and en.
    ports : tuple of str
        Ports and customs districts concerned, for a bulletin.
    attachments : tuple of str
    departure : mapping of str to str
        In zh and en: what was assessed and why the level is another; empty where it is the assessed one.
    hazards : mapping of str to sequence of str
        In zh and en: what is wrong with the goods, for a bulletin.
    firm_advice : mapping of str to str
        In zh and en: what producers and traders are asked, for a circular.
    targets : mapping of str to sequence of str
        In zh and en: brand, maker, origin and other marks by which a port tells the goods from others.
    all_goods_reason : str
        Why a bulletin targets all goods of its codes, where no mark and no lot is known.
    identifiers : mapping of str to sequence of str
        In zh and en: models, batches, serial numbers and GTIN.
    pictures : mapping of str to sequence of str
        In zh and en: what the pictures of the goods show, of those that the document holds as images.
    hazard_names : mapping of str to sequence of str
        In zh and en: what the hazards are called in the title.
    brand : str
        Empty where it is not known.
    """

    number: str
    measures: tuple[str, ...]
    goods: Mapping[str, str]
    is_authorised: bool = False
    ports: tuple[str, ...] = ()
    attachments: tuple[str, ...] = field(default_factory=tuple)
    departure: Mapping[str, str] = field(default_factory=dict)
    hazards: Mapping[str, Sequence[str]] = field(default_factory=dict)
    firm_advice: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    all_goods_reason: str = ""
    identifiers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    pictures: Mapping[str, Sequence[str]] = field(default_factory=dict)
    hazard_names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    brand: str = ""


def check_document(notice: Notice, facts: DocumentFacts, *, document: ChosenDocument) -> None:
    """Refuse a document that does not say what the law and its kind ask for, with everything that is missing.

    The eight facts of Art. 64 and the term (预警时效) must be there; level Ⅰ needs its authorisation; a
    bulletin says goods codes, ports and what to inspect.

    Parameters
    ----------
    notice : Notice
    facts : DocumentFacts
    document : ChosenDocument
        As from `riskkit.warning.alerts.choice.choose_documents`.

    Raises
    ------
    InputFaults
        With each missing or impossible fact.

    References
    ----------
    .. [1] 突发事件应对法 (2024), Art. 64 (``emergency_law_2024``); 国发〔2017〕43号, 9–10 (``sc_2017_43``).

    Examples
    --------
    >>> import datetime as dt
    >>> from riskkit.warning.alerts.choice import choose_documents
    >>> from riskkit.warning.publication.notices import Notice, Place
    >>> both = {"zh": "灯具", "en": "lamps"}
    >>> day = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    >>> place = Place(name=both, system="GB/T 2260", code="310000")
    >>> notice = Notice(notice_id="w-1.1", warning_id="w-1", kind="first", level=3, urgency=3, ends_at=None,
    ...     issued_at=day, starts_at=day, issuer=both, hazard_classes=("physical",), places=(place,),
    ...     **dict.fromkeys(("category", "title", "event", "reach", "advice", "measures"), both))
    >>> facts = DocumentFacts(number="示警通〔2026〕1号", measures=("recall",), goods=both)
    >>> bulletin, *_ = choose_documents(["strengthen_inspection"])
    >>> try:
    ...     check_document(notice, facts, document=bulletin)
    ... except InputFaults as error:
    ...     print([fault.place for fault in error.faults])
    ['bulletin.ends_at', 'bulletin.hs', 'bulletin.ports', 'bulletin.targets']
    """
    found: list[Fault] = []
    try:
        check_notice(notice)
    except InputFaults as error:
        found += error.faults
    found += [
        Fault(f"{document.document}.{one.place}", one.value, one.rule)
        for one in _faults(notice, facts, document)
    ]
    refuse(notice.notice_id, found)


def _faults(notice: Notice, facts: DocumentFacts, document: ChosenDocument) -> Iterator[Fault]:
    if notice.ends_at is None and notice.kind != "lifted":
        yield Fault("ends_at", "", "until when the warning holds")
    if (
        notice.level in range(1, 5)
        and in_language("en", authority_of, notice.level)[1]
        and not facts.is_authorised
    ):
        yield Fault("is_authorised", "False", "authorised by the State Council, for level Ⅰ")
    missing = [lang for lang in ("zh", "en") if not facts.goods.get(lang, "").strip()]
    yield from (Fault(f"goods.{lang}", "", "given, in zh and en") for lang in missing)
    yield from _text_faults(notice, facts)
    if document.document == "bulletin":
        if not notice.hs:
            yield Fault("hs", "", "the goods codes to be targeted")
        if not facts.ports:
            yield Fault("ports", "", "the ports or customs districts concerned")
        if not (notice.lots or facts.targets.get("zh") or facts.all_goods_reason.strip()):
            rule = (
                "brand, model, maker, batch or origin of the goods, or the reason why all goods are targeted"
            )
            yield Fault("targets", "", rule)
    elif document.document == "announcement":
        yield from softening_faults(notice)


def softening_faults(notice: Notice) -> Iterator[Fault]:
    """Wording of a public notice that makes the hazard sound smaller than it is.

    References
    ----------
    .. [1] Regulation (EU) 2023/988, Art. 36(2)(c) (``gpsr_2023_988``); table ``notice_words``.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> said = dict.fromkeys(("title", "event", "reach", "advice", "measures"), {"zh": "", "en": ""})
    >>> said["advice"] = {"zh": "", "en": "As a precaution, stop using it."}
    >>> [fault.place for fault in softening_faults(SimpleNamespace(**said))]
    ['advice.en']
    """
    for name in ("title", "reach", "advice", "measures"):
        for lang in ("zh", "en"):
            for word in notice_words("softening", lang):
                if word in getattr(notice, name).get(lang, "").casefold():
                    rule = RuleText("no words that make the hazard sound smaller: {}", word)
                    yield Fault(f"{name}.{lang}", shown(word), rule)


def _text_faults(notice: Notice, facts: DocumentFacts) -> Iterator[Fault]:
    goods = [text for text in facts.goods.values() if text.strip()]
    places: dict[str, Iterable[str]] = {
        "number": [facts.number],
        "goods": goods,
        "ports": facts.ports,
        "lots": notice.lots,
        "all_goods_reason": [facts.all_goods_reason] if facts.all_goods_reason else [],
    }
    places |= {"attachments": facts.attachments, "departure": facts.departure.values()}
    for name, texts in places.items():
        for text in texts:
            try:
                plain_text(text)
            except ValueError as error:
                yield Fault(name, shown(text), str(error))


def document_values(
    notice: Notice, facts: DocumentFacts, *, document: ChosenDocument
) -> dict[str, str | list[str]]:
    """The values that a template of a document may use, each a text of one line or a list of such texts.

    Parameters
    ----------
    notice, facts, document
        As for `check_document`.

    Returns
    -------
    dict of str to str or list of str

    Examples
    --------
    >>> import datetime as dt
    >>> from riskkit.warning.alerts.choice import choose_documents
    >>> from riskkit.warning.publication.notices import Notice, Place
    >>> both = {"zh": "灯具", "en": "lamps"}
    >>> day = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    >>> place = Place(name=both, system="GB/T 2260", code="310000")
    >>> notice = Notice(notice_id="w-1.1", warning_id="w-1", kind="first", level=3, urgency=3, ends_at=None,
    ...     issued_at=day, starts_at=day, issuer=both, hazard_classes=("physical",), places=(place,),
    ...     **dict.fromkeys(("category", "title", "event", "reach", "advice", "measures"), both))
    >>> facts = DocumentFacts(number="示警通〔2026〕1号", measures=("recall",), goods=both)
    >>> bulletin, *_ = choose_documents(["strengthen_inspection"])
    >>> in_language("zh", document_values, notice, facts, document=bulletin)["number"]
    '示警通〔2026〕1号'
    """
    of = scale("warning")
    code = LEVELS[notice.level - 1]
    said = {row["measure"]: str(row[language()]) for row in standards.rows("alert_measures")}
    audience = standards.table("alert_documents").set_index("document")[f"audience_{language()}"]
    texts = {
        name: getattr(notice, name).get(language(), "")
        for name in (
            "category", "title", "event", "reach", "advice", "measures", "issuer", "contact", "reason",
        )
    }  # fmt: skip
    found: dict[str, str | list[str]] = {name: _line(text) for name, text in texts.items()}
    return found | {
        "kind": notice.kind,
        "document": document.zh if language() == "zh" else document.en,
        "why": document.why_zh if language() == "zh" else document.why_en,
        "number": _line(facts.number),
        "goods": _line(facts.goods.get(language(), "")),
        "departure": _line(facts.departure.get(language(), "")),
        "to": str(audience.loc[document.document]),
        "level": code,
        "level_word": of.word(code),
        "colour": label("colour", code),
        "authority": authority_of(notice.level)[0],
        "issued_on": day_words(notice.issued_at),
        "starts_on": day_words(notice.starts_at),
        "ends_on": day_words(notice.ends_at) if notice.ends_at else "",
        "places": [_line(one.name[language()]) for one in notice.places],
        "hs": list(notice.hs),
        "lots": [_line(one) for one in notice.lots],
        "ports": [_line(one) for one in facts.ports],
        "firm_advice": _line(facts.firm_advice.get(language(), "")),
        **_lists(facts),
        "brand": _line(facts.brand),
        "recall": label("notice_headline", "recall") if "recall" in facts.measures else "",
        "all_goods_reason": _line(facts.all_goods_reason),
        "steps": [said[one] for one in document.measures],
        "attachments": [_line(one) for one in facts.attachments],
    }


def _lists(facts: DocumentFacts) -> dict[str, list[str]]:
    names = ("hazards", "targets", "identifiers", "pictures", "hazard_names")
    return {name: [_line(one) for one in getattr(facts, name).get(language(), ())] for name in names}


def _line(text: str) -> str:
    return " ".join(text.split())


def day_words(moment: dt.datetime) -> str:
    """A day as documents write it, in the time of China.

    Examples
    --------
    >>> day = dt.datetime(2026, 5, 1, 17, tzinfo=dt.UTC)
    >>> in_language("zh", day_words, day), day_words(day)
    ('2026年5月2日', '2 May 2026')
    """
    there = moment.astimezone(CHINA)
    if language() == "zh":
        return f"{there.year}年{there.month}月{there.day}日"
    return f"{there.day} {_MONTHS[there.month - 1]} {there.year}"


_MONTHS: Sequence[str] = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
