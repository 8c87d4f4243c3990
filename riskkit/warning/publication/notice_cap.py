"""A notice as a message of the Common Alerting Protocol, in both languages."""

from __future__ import annotations

import functools

from riskkit.foundation.language import in_language, language
from riskkit.foundation.standards import standards
from riskkit.warning.publication.cap_message import CapAlert, CapArea, CapInfo, reference_text
from riskkit.warning.publication.cap_prose import COLOUR, LEVEL
from riskkit.warning.publication.notices import LANGUAGES, Notice, check_notice

_TAGS = {"zh": "zh-CN", "en": "en-US"}
_TYPES = {"first": "Alert", "changed": "Update", "lifted": "Cancel"}
_HARM = "harm_seen"


@functools.cache
def _meanings() -> dict[tuple[str, str], tuple[str, str]]:
    """(field, value) → word of the protocol, colour."""
    rows = standards.table("cap_meanings")
    columns = (rows["field"], rows["value"], rows["cap_word"], rows["colour"].fillna(""))
    return {(a, b): (word, colour) for a, b, word, colour in zip(*columns, strict=True)}


def cap_of(notice: Notice, *, sender: str, status: str = "Actual", web: str | None = None) -> CapAlert:
    """The message of a notice: first, changed and lifted are Alert, Update and Cancel.

    Level and colour are parameters, since the protocol has no element for them; the same values in words of
    the protocol are house choices (table ``cap_meanings``).

    Parameters
    ----------
    notice : Notice
    sender : str
        Who sends it, as an address without spaces.
    status : str
        ``Actual``, ``Exercise``, ``Test`` or ``Draft``.
    web : str, optional
        Where more is said.

    Raises
    ------
    InputFaults
        When the notice does not say what a warning has to say.

    References
    ----------
    .. [1] OASIS, Common Alerting Protocol 1.2, 2010 (source ``oasis_cap_1_2``).

    Examples
    --------
    >>> import datetime as dt
    >>> from riskkit.warning.publication.notices import Place
    >>> both, day = {"zh": "灯具", "en": "lamps"}, dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    >>> said = dict.fromkeys(("category", "title", "event", "reach", "advice", "measures", "issuer"), both)
    >>> one = Notice(notice_id="w-1.1", warning_id="w-1", kind="first", level=3, issued_at=day, starts_at=day,
    ...     ends_at=None, places=(Place(name=both, system="GB/T 2260", code="310000"),),
    ...     hazard_classes=("physical",), urgency=3, **said)
    >>> found = cap_of(one, sender="warning@example.org")
    >>> found.msg_type, found.info[0].severity, found.info[0].parameter[:2]
    ('Alert', 'Severe', (('warning_level', 'Ⅱ'), ('warning_colour', 'orange')))
    """
    check_notice(notice)
    lifted = notice.kind == "lifted"
    return CapAlert(
        identifier=notice.notice_id,
        sender=sender,
        sent=notice.issued_at,
        status=status,
        msg_type=_TYPES[notice.kind],
        scope="Public",
        note=" / ".join(notice.reason[lang] for lang in LANGUAGES) if notice.reason else None,
        references=" ".join(reference_text(sender, name, at) for name, at in notice.earlier) or None,
        incidents=notice.warning_id,
        info=tuple(in_language(lang, _info, notice, web=web, is_lifted=lifted) for lang in LANGUAGES),
    )


def _info(notice: Notice, *, web: str | None, is_lifted: bool) -> CapInfo:
    level, colour = _meanings()["level", str(notice.level)]
    sure = _HARM if notice.has_harmed else str(notice.probability)
    certainty = _meanings().get(("certainty", sure), ("Unknown", ""))[0]
    known = [_meanings().get(("hazard", code), ("Other", ""))[0] for code in notice.hazard_classes]
    urgency = _meanings()["urgency", str(notice.urgency)][0]
    return CapInfo(
        language=_TAGS[language()],
        category=tuple(dict.fromkeys(known)),
        event=notice.category[language()],
        response_type=("AllClear",) if is_lifted else ("Avoid", "Monitor"),
        urgency="Past" if is_lifted else urgency,
        severity=level,
        certainty=certainty,
        audience=notice.audience.get(language()),
        effective=notice.issued_at,
        onset=None if is_lifted else notice.starts_at,
        expires=None if is_lifted else notice.ends_at,
        sender_name=notice.issuer[language()],
        headline=notice.title[language()],
        description=f"{notice.event[language()]}\n{notice.reach[language()]}",
        instruction=f"{notice.advice[language()]}\n{notice.measures[language()]}",
        web=web,
        contact=notice.contact.get(language()),
        parameter=((LEVEL, _level_code(notice.level)), (COLOUR, colour), *_goods(notice)),
        area=tuple(
            CapArea(area_desc=place.name[language()], geocode=((place.system, place.code),))
            for place in notice.places
        ),
    )


def _goods(notice: Notice) -> tuple[tuple[str, str], ...]:
    return (*(("hs", code) for code in notice.hs), *(("lot", lot) for lot in notice.lots))


@functools.cache
def _level_code(level: int) -> str:
    rows = standards.table("scales")
    mine = rows[(rows["scale"] == "warning") & (rows["rank"] == level)]
    return str(mine["code"].iloc[0])
