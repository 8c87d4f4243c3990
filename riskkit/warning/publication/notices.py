"""A warning as it is made known: what is said, to whom, by whom, from when to when, and where.

A notice is the one thing from which messages, feeds, calendars and data are written; it says what the law
asks a warning to say.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from riskkit.foundation.inputs.faults import Fault, one_of, plain_text, refuse, shown

Words = Mapping[str, str]
LANGUAGES = ("zh", "en")
KINDS = ("first", "changed", "lifted")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_HS = re.compile(r"(\d{2}){1,5}", re.ASCII)
_LEVELS, _GRADES = range(1, 5), range(1, 5)
_MUST_SAY = ("category", "title", "event", "reach", "advice", "measures", "issuer")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Somewhere a warning is for.

    Parameters
    ----------
    name : mapping of str to str
        In zh and en.
    system, code : str
        ``GB/T 2260``, ``UN/LOCODE`` or ``customs_district``, and the code.
    """

    name: Words
    system: str
    code: str


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One issue of a warning.

    Parameters
    ----------
    notice_id, warning_id : str
        This issue, and the warning of which it is one.
    kind : str
        ``first``, ``changed`` or ``lifted``.
    level : int
        1–4 for Ⅳ–Ⅰ.
    category, title, event, reach, advice, measures, issuer : mapping of str to str
        In zh and en: kind of warning, headline, what happened, what is reached, what to heed, what is to be
        done, and who says so.
    issued_at, starts_at : datetime
        With their offset.
    ends_at : datetime or None
        Until when it holds unless it is prolonged.
    places : tuple of Place
    hazard_classes : tuple of str
        Codes.
    urgency : int
        Grade 1–4.
    probability : int or None
        Grade 1–4; unknown if None.
    has_harmed : bool
        Whether harm was seen.
    hs, lots : tuple of str
        Goods codes and lots concerned.
    audience, contact : mapping of str to str
        In zh and en; may be empty.
    reason : mapping of str to str
        Why it was changed or lifted, in zh and en.
    earlier : tuple of (str, datetime)
        Identifiers and times of the issues that this one follows.
    """

    notice_id: str
    warning_id: str
    kind: str
    level: int
    category: Words
    title: Words
    event: Words
    reach: Words
    advice: Words
    measures: Words
    issuer: Words
    issued_at: dt.datetime
    starts_at: dt.datetime
    ends_at: dt.datetime | None
    places: tuple[Place, ...]
    hazard_classes: tuple[str, ...]
    urgency: int
    probability: int | None = None
    has_harmed: bool = False
    hs: tuple[str, ...] = ()
    lots: tuple[str, ...] = ()
    audience: Words = field(default_factory=dict)
    contact: Words = field(default_factory=dict)
    reason: Words = field(default_factory=dict)
    earlier: tuple[tuple[str, dt.datetime], ...] = ()


def check_notice(notice: Notice) -> None:
    """Refuse a notice that does not say what a warning has to say.

    Parameters
    ----------
    notice : Notice

    Raises
    ------
    InputFaults
        With everything that is missing or wrong.

    References
    ----------
    .. [1] 突发事件应对法 (2024), Art. 64 (source ``emergency_law_2024``).
    .. [2] 国发〔2017〕43号, 10 (source ``sc_2017_43``).

    Examples
    --------
    >>> both = {"zh": "灯具", "en": "lamps"}
    >>> day = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    >>> said = dict.fromkeys(("category", "title", "event", "reach", "advice", "measures"), both)
    >>> place = Place(name=both, system="GB/T 2260", code="310000")
    >>> check_notice(Notice(notice_id="w-1.1", warning_id="w-1", kind="first", level=3, issued_at=day,
    ...     issuer={"zh": "海关"}, starts_at=day, ends_at=None, places=(place,), urgency=3,
    ...     hazard_classes=("physical",), **said))
    Traceback (most recent call last):
    riskkit.foundation.inputs.faults.InputFaults: w-1.1: 1 fault
      issuer.en: , must be: given, in zh and en
    """
    refuse(notice.notice_id, [*_words(notice), *_times(notice), *_codes(notice), *_grades(notice)])


def _words(notice: Notice) -> Iterator[Fault]:
    must = [*_MUST_SAY, *(("reason",) if notice.kind != "first" else ())]
    may = [name for name in ("audience", "contact", "reason") if getattr(notice, name) and name not in must]
    said = {name: getattr(notice, name) for name in (*must, *may)}
    said |= {f"places[{number}].name": place.name for number, place in enumerate(notice.places, start=1)}
    for name, words in said.items():
        for lang in LANGUAGES:
            if not words.get(lang, "").strip():
                yield Fault(f"{name}.{lang}", "", "given, in zh and en")
                continue
            try:
                plain_text(words[lang])
            except ValueError as error:
                yield Fault(f"{name}.{lang}", shown(words[lang]), str(error))


def _times(notice: Notice) -> Iterator[Fault]:
    moments = {"issued_at": notice.issued_at, "starts_at": notice.starts_at, "ends_at": notice.ends_at}
    moments |= {f"earlier[{number}]": at for number, (_, at) in enumerate(notice.earlier, start=1)}
    without = [name for name, at in moments.items() if at is not None and at.utcoffset() is None]
    yield from (Fault(name, str(moments[name]), "a time with its offset from UTC") for name in without)
    if without:
        return
    if notice.ends_at is not None and notice.ends_at <= notice.starts_at:
        yield Fault("ends_at", notice.ends_at.isoformat(), "after the beginning")
    if notice.ends_at is not None and notice.kind != "lifted" and notice.ends_at <= notice.issued_at:
        yield Fault("ends_at", notice.ends_at.isoformat(), "after the time of issue")
    for number, (_, at) in enumerate(notice.earlier, start=1):
        if at > notice.issued_at:
            yield Fault(f"earlier[{number}]", at.isoformat(), "not after this issue")


def _codes(notice: Notice) -> Iterator[Fault]:
    for name in ("notice_id", "warning_id"):
        if not _ID.fullmatch(getattr(notice, name)):
            yield Fault(name, shown(getattr(notice, name)), "1 to 64 of a–z, 0–9, dot, - and _")
    if notice.kind not in KINDS:
        yield Fault("kind", shown(notice.kind), one_of(str(notice.kind), KINDS))
    if notice.kind != "first" and not notice.earlier:
        yield Fault("earlier", "", "the issues that this one follows")
    if not notice.places:
        yield Fault("places", "", "somewhere a warning is for")
    if not notice.hazard_classes:
        yield Fault("hazard_classes", "", "one at least")
    for code in notice.hs:
        if not _HS.fullmatch(code):
            yield Fault("hs", shown(code), "2 to 10 figures, an even number of them")


def _grades(notice: Notice) -> Iterator[Fault]:
    if notice.level not in _LEVELS:
        yield Fault("level", shown(notice.level), "1 to 4")
    if notice.urgency not in _GRADES or notice.probability not in (None, *_GRADES):
        yield Fault("urgency, probability", shown((notice.urgency, notice.probability)), "grades from 1 to 4")
