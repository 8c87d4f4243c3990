"""How days are written in other people's files: in figures, in Chinese, with times, as serial numbers.

A time with an offset is a moment; its day is that of the zone in which the register counts. A month or a year
alone is its first day, with a note.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import unicodedata
import zoneinfo
from dataclasses import dataclass

DATE_ORDERS = ("ymd", "dmy", "mdy")
ZONE = "Asia/Shanghai"
"""Where the register counts its days, unless it is set otherwise."""
_DAY_PART = r"(?:上午|下午|凌晨|早上|中午|晚上|[AaPp]\.?[Mm]\.?)"
_CLOCK = (
    rf"{_DAY_PART}?\s?\d{{1,2}}\s?(?::|时|點|点)\s?"
    rf"(?:\d{{1,2}}\s?(?:(?::|分)\s?(?:\d{{1,2}}(?:[.,]\d+)?\s?秒?)?)?)?(?:\s?{_DAY_PART})?"
)
_OFFSET = r"(?P<offset>Z|UTC|GMT|(?:UTC|GMT)?[+-]\d{2}:?\d{2})"
_WEEKDAY = r"(?:\s?\(?(?:(?:星期|周|礼拜)[一二三四五六日天]|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*)\)?)?"
_TIME = rf"{_WEEKDAY}(?:(?:T|\s)?\s?(?P<clock>{_CLOCK})\s?{_OFFSET}?)?"
_SHAPES = tuple(
    re.compile(shape + _TIME, re.ASCII | re.IGNORECASE)
    for shape in (
        r"(?P<y>\d{4})([-/.])\s?(?P<m>\d{1,2})\2\s?(?P<d>\d{1,2})",
        r"(?P<y>\d{4})\s?年\s?(?P<m>\d{1,2})\s?月\s?(?P<d>\d{1,2})\s?[日号]",
        r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})",
    )
)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(?P<y>\d{4})" + _TIME, re.ASCII | re.IGNORECASE)
_MONTH = re.compile(
    r"(?P<y>(?:19|20)\d{2})\s?(?:[-/.]\s?(?P<m>\d{1,2})|年\s?(?P<n>\d{1,2})\s?月(?:份)?)", re.ASCII
)
_YEAR = re.compile(r"(?P<y>(?:19|20)\d{2})\s?年?(?:度)?", re.ASCII)
_SCRIPT = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?P<name>[A-Z][a-z]{2}) (?P<d>\d{1,2}) (?P<y>\d{4}) "
    rf"(?P<clock>\d\d:\d\d:\d\d) {_OFFSET}(?: \(.*\))?",
    re.ASCII,
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MINGUO = re.compile(r"(?:中[华華])?民[国國]\s?([0-9〇○零一二三四五六七八九十]{1,4})\s?年")
_CHINESE_YEAR = re.compile(r"[〇○零一二三四五六七八九]{4}(?=\s?年)")
_CHINESE_NUMBER = re.compile(r"[一二三四五六七八九十廿卅]{1,3}(?=\s?[月日号])")
_DIGITS = {sign: place for place, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0}
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SERIAL = re.compile(r"[1-9]\d{4}(?:\.\d+)?", re.ASCII)
_MILLISECONDS = re.compile(r"[1-9]\d{11,12}", re.ASCII)
_SERIAL_DAY_0 = dt.date(1899, 12, 30)
_SERIALS = (29_221, 73_050)
"""1980 to 2099: five digits outside of that are more likely a number of something else."""
_NO_DAY = {"1900-01-00", "1900-01-01", "0000-00-00", "1899-12-30", "1899-12-31"}
"""What spreadsheets and databases show for a day that is 0."""


@dataclass(frozen=True)
class DateManner:
    """How the dates of a file are to be read.

    Parameters
    ----------
    order : str
        ``ymd``, ``dmy`` or ``mdy``: a date of three numbers whose year does not come first.
    zone : str
        Where the day of a moment is counted.
    kind : str
        ``workbook`` where serial numbers are days, ``json`` where milliseconds since 1970 are; else empty.

    Examples
    --------
    >>> DateManner(order="dmy").zone
    'Asia/Shanghai'
    """

    order: str = "ymd"
    zone: str = ZONE
    kind: str = ""


@dataclass(frozen=True)
class WrittenDate:
    """What a text says of a day.

    Parameters
    ----------
    day : date
    note : str
        ``month_only``, ``year_only``, ``zone`` (the day of a moment in another zone), or empty.
    """

    day: dt.date
    note: str = ""


@functools.lru_cache(maxsize=1 << 16)
def written_date(text: str, manner: DateManner = DateManner()) -> WrittenDate | None:
    """The day that a text names, or None.

    Known are 2026-01-31, 2026/1/31, 2026.1.31, 2026年1月31日, 二〇二六年一月三十一日, 民国115年1月31日 and
    20260131, each with a weekday and a time behind it; a month or a year alone; the serial numbers of
    workbooks; and, where the source says in which order, 31/1/2026 or 1/31/2026.

    Parameters
    ----------
    text : str
    manner : DateManner

    Examples
    --------
    >>> texts = ("2026-01-31", "2026/1/31", "二〇二六年三月五日", "民国115年3月5日", "2026-3-5 下午3:20")
    >>> [str(written_date(text).day) for text in texts]
    ['2026-01-31', '2026-01-31', '2026-03-05', '2026-03-05', '2026-03-05']
    >>> written_date("2026年3月"), written_date("2026-02-30"), written_date("46053")
    (WrittenDate(day=datetime.date(2026, 3, 1), note='month_only'), None, None)
    >>> str(written_date("46053", DateManner(kind="workbook")).day)
    '2026-01-31'
    >>> str(written_date("2026-03-05T16:30:00Z").day)
    '2026-03-06'
    """
    plain = text if _ISO.fullmatch(text) else _in_figures(text)
    if plain[:10] in _NO_DAY:
        return None
    try:
        return _of_shape(plain, manner) or _of_number(plain, manner) or _of_period(plain)
    except (ValueError, OverflowError):
        return None


def is_no_day(text: str) -> bool:
    """Whether a text is the day that stands for none.

    Examples
    --------
    >>> is_no_day("1900-01-00"), is_no_day("2026-01-01")
    (True, False)
    """
    return text.strip()[:10].replace("/", "-") in _NO_DAY or text.strip() in ("0", "0.0")


def other_order(text: str, order: str) -> str:
    """The order in which a date of three numbers is a day, where it is none in the given one; else empty.

    Examples
    --------
    >>> other_order("03/25/2026", "dmy"), other_order("05/03/2026", "dmy"), other_order("03/25/2026", "ymd")
    ('mdy', '', 'mdy')
    """
    found = _YEAR_LAST.fullmatch(_in_figures(text))
    if not found:
        return ""
    first, second = int(found[1]), int(found[3])
    fits = {"dmy": first <= 31 and second <= 12, "mdy": second <= 31 and first <= 12}
    others = [other for other, fit in fits.items() if fit and other != order]
    return others[0] if len(others) == 1 and not fits.get(order, False) else ""


def _in_figures(text: str) -> str:
    """One width, and figures for Chinese numbers and years of the Republic."""
    plain = " ".join(unicodedata.normalize("NFKC", text).replace("\u2212", "-").split())
    if plain.isascii():
        return plain
    plain = _MINGUO.sub(lambda found: f"{_year_of_the_republic(found[1]) + 1911}年", plain)
    plain = _CHINESE_YEAR.sub(lambda found: "".join(str(_DIGITS[sign]) for sign in found[0]), plain)
    return _CHINESE_NUMBER.sub(lambda found: str(_up_to_99(found[0])), plain)


def _year_of_the_republic(text: str) -> int:
    return int(text) if text.isdecimal() else _up_to_99(text)


def _up_to_99(text: str) -> int:
    tens, _, ones = text.replace("廿", "二十").replace("卅", "三十").rpartition("十")
    if "十" not in text.replace("廿", "十").replace("卅", "十"):
        return int("".join(str(_DIGITS[sign]) for sign in text))
    return 10 * (_DIGITS[tens] if tens else 1) + (_DIGITS[ones] if ones else 0)


def _of_shape(plain: str, manner: DateManner) -> WrittenDate | None:
    for shape in _SHAPES:
        if found := shape.fullmatch(plain):
            return _moment(dt.date(int(found["y"]), int(found["m"]), int(found["d"])), found, manner)
    if (found := _YEAR_LAST.fullmatch(plain)) and manner.order != "ymd":
        day, month = (found[1], found[3]) if manner.order == "dmy" else (found[3], found[1])
        return _moment(dt.date(int(found["y"]), int(month), int(day)), found, manner)
    if (found := _SCRIPT.fullmatch(plain)) and found["name"] in _MONTHS:
        day_of = dt.date(int(found["y"]), _MONTHS.index(found["name"]) + 1, int(found["d"]))
        return _moment(day_of, found, manner)
    return None


def _of_number(plain: str, manner: DateManner) -> WrittenDate | None:
    if manner.kind == "workbook" and _SERIAL.fullmatch(plain):
        seconds = round(float(plain) * 86_400)  # a moment before midnight is midnight
        days = seconds // 86_400
        return (
            WrittenDate(_SERIAL_DAY_0 + dt.timedelta(days=days))
            if _SERIALS[0] <= days <= _SERIALS[1]
            else None
        )
    if manner.kind == "json" and _MILLISECONDS.fullmatch(plain):
        moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=int(plain))
        return WrittenDate(moment.astimezone(zoneinfo.ZoneInfo(manner.zone)).date(), "zone")
    return None


def _of_period(plain: str) -> WrittenDate | None:
    if found := _MONTH.fullmatch(plain):
        return WrittenDate(dt.date(int(found["y"]), int(found["m"] or found["n"]), 1), "month_only")
    if found := _YEAR.fullmatch(plain):
        return WrittenDate(dt.date(int(found["y"]), 1, 1), "year_only")
    return None


def _moment(day: dt.date, found: re.Match[str], manner: DateManner) -> WrittenDate:
    """The day, or where a zone is written behind the time, the day in the register's zone."""
    if not found["offset"]:
        return WrittenDate(day)
    hour, minute, second = (int(part) for part in [*re.findall(r"\d+", found["clock"]), "0", "0"][:3])
    offset = re.sub(r"(?i)utc|gmt|z|:", "", found["offset"])
    hours, minutes = (int(offset[:3]), int(offset[0] + offset[3:])) if offset else (0, 0)
    away = dt.timezone(dt.timedelta(hours=hours, minutes=minutes))
    moment = dt.datetime(day.year, day.month, day.day, hour, minute, min(second, 59), tzinfo=away)
    here = moment.astimezone(zoneinfo.ZoneInfo(manner.zone)).date()
    return WrittenDate(here, "zone" if here != day else "")
