"""From a case and a decision to an issue: the notice, its documents in every format, messages and data."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from riskkit.case.case import Assessment
from riskkit.case.derived_facts import defect_found
from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse
from riskkit.foundation.inputs.picture_file import PictureFile
from riskkit.foundation.language import in_each_language, in_language, language, speaking
from riskkit.foundation.standards import standards
from riskkit.warning.alerts.choice import ChosenDocument, choose_documents, default_measures
from riskkit.warning.alerts.drafts import LEVELS, DocumentFacts, check_document, document_values
from riskkit.warning.alerts.notice_rules import OpenRule, open_rules
from riskkit.warning.alerts.readability import Readability, readability
from riskkit.warning.publication.cap_xml import to_xml
from riskkit.warning.publication.feeds import DueDate, due_calendar
from riskkit.warning.publication.notice_cap import cap_of
from riskkit.warning.publication.notice_json import notice_data
from riskkit.warning.publication.notices import LANGUAGES, Notice
from riskkit.words.catalogue import warning_text as say
from riskkit.workbench.document.block_kinds import Photo
from riskkit.workbench.flows.warnings.case_words import (
    case_advice,
    case_places,
    case_title,
    has_harmed,
    identifiers,
    targets,
)
from riskkit.workbench.flows.warnings.official import (
    FORMATS,
    FilledDocument,
    filled,
    in_format,
    missing_for,
    readable_text,
    template_text,
)

SENDER = "riskkit@example.org"
ABBREVIATIONS = {"bulletin": "通", "circular": "告", "announcement": "公"}


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What was decided about an issue, beside the case."""

    warning_id: str
    issue: str
    kind: str
    level: int
    issued_at: dt.datetime
    starts_at: dt.datetime
    ends_at: dt.datetime | None
    reason: str = ""
    measures: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    lots: tuple[str, ...] = ()
    is_authorised: bool = False
    is_exercise: bool = False
    number: int = 1
    issuer: Mapping[str, str] = field(default_factory=dict)
    earlier: tuple[tuple[str, dt.datetime], ...] = ()
    assessed: tuple[str, ...] = ()
    level_reason: str = ""
    all_goods_reason: str = ""
    contact: str = ""


@dataclass(frozen=True)
class Issue:
    """An issue with everything that would go out."""

    notice: Notice
    files: Mapping[str, bytes]
    chosen: tuple[str, ...]
    reading: Mapping[str, Readability]
    documents: Mapping[str, FilledDocument] = field(default_factory=dict)
    """Documents by kind and language, such as ``announcement.en``."""
    open_rules: tuple[OpenRule, ...] = ()
    not_written: tuple[str, ...] = ()
    """Formats for which this machine lacks a part of the system."""

    def hashes(self) -> dict[str, str]:
        """File → SHA-256."""
        return {name: hashlib.sha256(content).hexdigest() for name, content in sorted(self.files.items())}

    def unmet(self) -> list[dict[str, object]]:
        """The open rules as plain data."""
        return [
            {
                "rule": one.rule,
                "lang": one.lang,
                "asks": one.asks,
                "source": one.source_id,
                "clause": one.locator,
            }
            for one in self.open_rules
        ]

    def about(self) -> dict[str, object]:
        """Title, places and level, as the ledger keeps them for boards."""
        return _about(self.notice)


def _decided(found: Assessment, decision: Decision) -> tuple[str, ...]:
    case = found.case
    return tuple(
        decision.measures
        or default_measures(
            decision.level, direction=case.direction, goods=case.goods, has_defect=defect_found(case)
        )
    )


def _measures(found: Assessment, decision: Decision) -> dict[str, str]:
    """What is being done, in the words of the measures decided on."""
    rows = standards.table("alert_measures").set_index("measure")
    decided = [code for code in _decided(found, decision) if code in rows.index]
    return {
        lang: ("" if lang == "zh" else " ").join(str(rows.loc[code, lang]) for code in decided)
        for lang in LANGUAGES
    }


def _about(notice: Notice) -> dict[str, object]:
    places = [{"code": one.code, **{lang: one.name[lang] for lang in LANGUAGES}} for one in notice.places]
    return {
        "title": {lang: notice.title[lang] for lang in LANGUAGES},
        "places": places,
        "level": LEVELS[notice.level - 1],
    }


def notice_of(found: Assessment, decision: Decision) -> Notice:
    """The notice of an issue: what the case and the decision say, in zh and en."""
    require_graded(found)
    case = found.case
    places = case_places(case.jurisdiction)
    names = {
        lang: ("、" if lang == "zh" else ", ").join(one.name[lang] for one in places) for lang in LANGUAGES
    }
    grades = found.grades["hi"]
    return Notice(
        notice_id=decision.issue, warning_id=decision.warning_id, kind=decision.kind, level=decision.level,
        category=in_each_language(say, "category"),
        title=case_title(case), has_harmed=has_harmed(case),
        event={"zh": case.summary.zh, "en": case.summary.en},
        reach={lang: in_language(lang, say, "reach", places=names[lang]) for lang in LANGUAGES},
        advice={lang: "".join(advice.text[lang] for advice in case_advice(case)) if lang == "zh"
                else " ".join(advice.text[lang] for advice in case_advice(case)) for lang in LANGUAGES},
        measures=_measures(found, decision),
        issuer=decision.issuer or in_each_language(say, "issuer"),
        issued_at=decision.issued_at, starts_at=decision.starts_at, ends_at=decision.ends_at, places=places,
        hazard_classes=tuple(dict.fromkeys(one.hazard_class for one in case.hazards)),
        urgency=_rank(grades, "urgency") or 1, probability=_rank(grades, "probability"),
        hs=tuple(case.product.hs), lots=decision.lots,
        contact=dict.fromkeys(LANGUAGES, decision.contact) if decision.contact else {},
        reason=dict.fromkeys(LANGUAGES, decision.reason) if decision.reason else {}, earlier=decision.earlier,
    )  # fmt: skip


def require_graded(found: Assessment) -> None:
    """Refuse what is not graded here: food is handed over to the food-accident plan."""
    if found.route != "graded" or found.badge is None:
        rule = "a case that is graded here; food goes to the food-accident plan"
        raise InputFaults(found.case.id, [Fault("goods", found.case.goods, rule)])


def _rank(grades: pd.Series, name: str) -> int | None:
    value = grades.get(name)
    return None if value is None or pd.isna(value) else int(np.clip(int(value), 1, 4))


def make_issue(
    found: Assessment, decision: Decision, *, formats: Sequence[str] = FORMATS, templates: Path | None = None,
    pictures: Sequence[PictureFile] = (),
) -> Issue:  # fmt: skip
    """Every file of an issue that this machine can write, or a refusal with all faults; nothing is sent."""
    notice = notice_of(found, decision)
    chosen = choose_documents(_decided(found, decision))
    photos = _photos(found, pictures)
    facts = {one.document: _document_facts(found, decision, one.document, photos=photos) for one in chosen}
    refuse(decision.issue, _missing(notice, facts, chosen))
    not_written = tuple(name for name in formats if missing_for(name))
    formats = [name for name in formats if name not in not_written]
    files: dict[str, bytes] = {}
    documents: dict[str, FilledDocument] = {}
    reading: dict[str, Readability] = {}
    unmet: list[OpenRule] = []
    for lang in LANGUAGES:
        values: dict[str, str | list[str]] = {}
        with speaking(lang):
            for one in chosen:
                values = document_values(notice, facts[one.document], document=one)
                made = _filled(one.document, values, templates=templates)
                made = documents[f"{one.document}.{lang}"] = dataclasses.replace(made, pictures=photos[lang])
                files |= {f"{one.document}.{lang}.{name}": in_format(made, name) for name in formats}
                if one.document == "announcement":
                    reading[lang] = readability(readable_text(made), lang=lang)
                    images = [photo.alt for _, _, photo in made.parts if photo is not None]
                    unmet += open_rules([words for _, words in made.lines], values, images=images)
            short = filled(template_text("short", folder=templates), values, name="short")
        files[f"short.{lang}.txt"] = (" ".join(words for _, words in short) + "\n").encode()
    files |= _messages(notice, is_exercise=decision.is_exercise)
    return Issue(
        notice, files, tuple(one.document for one in chosen), reading, documents, tuple(unmet), not_written
    )


def _photos(found: Assessment, pictures: Sequence[PictureFile]) -> dict[str, tuple[Photo, ...]]:
    """The pictures of a case as documents hold them, each with what it shows."""
    alts = {one.file: one.alt for one in found.case.pictures}
    return {
        lang: tuple(
            Photo(base64.b64encode(one.png).decode(), " ".join(in_language(lang, alts[one.name].say).split()))
            for one in pictures
        )
        for lang in LANGUAGES
    }


def _document_facts(
    found: Assessment, decision: Decision, document: str, *, photos: Mapping[str, Sequence[Photo]]
) -> DocumentFacts:
    case = found.case
    advice, name = case_advice(case), case.product.name
    return DocumentFacts(
        number=_number(document, decision), measures=_decided(found, decision),
        goods={"zh": name.zh, "en": name.en},
        is_authorised=decision.is_authorised, ports=decision.ports, departure=_departure(decision),
        targets=targets(case), all_goods_reason=decision.all_goods_reason,
        hazards={lang: [getattr(one.description, lang) for one in case.hazards] for lang in LANGUAGES},
        firm_advice=in_each_language(say, "advice_firm"),
        identifiers=identifiers(case),
        pictures={lang: [photo.alt for photo in photos[lang]] for lang in LANGUAGES},
        hazard_names={lang: [one.hazard[lang] for one in advice] for lang in LANGUAGES},
        brand=case.product.brand or "",
    )  # fmt: skip


def _departure(decision: Decision) -> dict[str, str]:
    """What was assessed, where the level is another; with the reason where no line of its own gives it."""
    if not decision.assessed:
        return {}
    key = "departs" if decision.reason else "departs_since"
    lo, hi = decision.assessed[0], decision.assessed[-1]
    assessed = in_each_language(say, "level_range" if lo != hi else "level_alone", lo=lo, hi=hi)
    level, reason = LEVELS[decision.level - 1], decision.level_reason
    return {
        lang: in_language(lang, say, key, assessed=assessed[lang], level=level, reason=reason)
        for lang in LANGUAGES
    }


def _missing(
    notice: Notice, facts: Mapping[str, DocumentFacts], chosen: Sequence[ChosenDocument]
) -> list[Fault]:
    found: list[Fault] = []
    for one in chosen:
        try:
            check_document(notice, facts[one.document], document=one)
        except InputFaults as error:
            found += [fault for fault in error.faults if fault not in found]
    return found


def _filled(
    document: str, values: Mapping[str, str | list[str]], *, templates: Path | None
) -> FilledDocument:
    lines = filled(template_text(document, folder=templates), values, name=document)
    issuer, number, code = (str(values[name]) for name in ("issuer", "number", "level"))
    words = say("level_words", level=code, word=values["level_word"], colour=values["colour"])
    return FilledDocument(lines, language(), issuer, number, code, words)


def _number(document: str, decision: Decision) -> str:
    return f"示警{ABBREVIATIONS[document]}〔{decision.issued_at.year}〕{decision.number}号"


def _messages(notice: Notice, *, is_exercise: bool) -> dict[str, bytes]:
    """CAP, data and calendars."""
    alert = cap_of(notice, sender=SENDER, status="Exercise" if is_exercise else "Actual")
    if is_exercise and not alert.note:
        alert = dataclasses.replace(
            alert, note=" / ".join(in_language(lang, say, "exercise") for lang in LANGUAGES)
        )
    data = json.dumps(notice_data(notice), ensure_ascii=False, sort_keys=True, indent=1)
    found = {"cap.xml": to_xml(alert), "data.json": (data + "\n").encode()}
    if notice.ends_at is None or notice.kind == "lifted":
        return found
    what = {lang: f"{in_language(lang, say, 'ends')}{notice.title[lang]}" for lang in LANGUAGES}
    due = DueDate(due_id="expire", warning_id=notice.warning_id, what=what, due_at=notice.ends_at)
    return found | {
        f"due.{lang}.ics": in_language(lang, due_calendar, [due], now=notice.issued_at) for lang in LANGUAGES
    }
