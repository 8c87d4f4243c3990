"""Until when a notification can be commented on, and a calendar of these days (iCalendar)."""

from __future__ import annotations

import datetime as dt

import icalendar
import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, plain_text, refuse, shown
from riskkit.foundation.standards import standards

_HOST = "trade-measures.riskkit"


def decide(standing: pd.DataFrame, *, on: dt.date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """Whether each notification can be commented on, and how many days are left.

    Parameters
    ----------
    standing : DataFrame
        From `notifications.standing`: distributed_on, comments_by (YYYY-MM-DD, or missing), is_withdrawn.
    on : date
        The day.
    rules : DataFrame, optional
        Rows of one's own, of the shape of ``trade_rules.csv``.

    Returns
    -------
    DataFrame
        With the caller's index: decision (``comment_now``, ``comment``, ``closed``, ``withdrawn``,
        ``unknown``), rule_id, reason, comments_by, days_given [days from distribution], margin [days from
        `on` to the final date; negative: past], is_short (fewer days given than are recommended), draft_by
        (the day from which ``comment_now`` holds), status, source_id. The final date itself is still open.

    Raises
    ------
    InputFaults
        When no rules are in force on the day.

    References
    ----------
    .. [1] TBT and SPS Committees: 60 days are recommended (``wto_tbt_formats``); the days of warning are
       house.

    Examples
    --------
    >>> rows = pd.DataFrame({"distributed_on": ["2026-03-01"] * 2, "comments_by": ["2026-05-01", None],
    ...                      "is_withdrawn": [False, False]})
    >>> decide(rows, on=dt.date(2026, 4, 20))[["decision", "margin"]].values.tolist()
    [['comment_now', 11.0], ['unknown', nan]]
    """
    table = standards.in_force(standards.table("trade_rules") if rules is None else rules, on)
    table = table.set_index("rule_id")
    refuse("trade measures", [Fault("on", str(on), "a day with rules in force")] if table.empty else [])
    bound = table["number"].dropna().astype(float)
    start, end = (
        pd.to_datetime(standing[name], format="%Y-%m-%d") for name in ("distributed_on", "comments_by")
    )
    margin = (end - pd.Timestamp(on)).dt.days.astype(float)
    tests = {
        "td-withdrawn": standing["is_withdrawn"].astype(bool),
        "td-no-day": end.isna(),
        "td-closed": margin < 0,
        "td-urgent": margin <= bound["td-urgent"],
    }
    rule = np.select([test.to_numpy(dtype=bool) for test in tests.values()], list(tests), default="td-open")
    of_rule = table.reindex(rule)
    given = (end - start).dt.days.astype(float)
    out = pd.DataFrame({
        "decision": of_rule["decision"].to_numpy(), "rule_id": rule, "reason": of_rule["reason"].to_numpy(),
        "comments_by": standing["comments_by"].to_numpy(dtype=object), "days_given": given.to_numpy(),
        "margin": margin.to_numpy(), "is_short": (given < bound["td-short"]).to_numpy(),
    })  # fmt: skip
    draft = end - pd.Timedelta(days=bound["td-urgent"])
    out["draft_by"] = draft.dt.strftime("%Y-%m-%d").astype(object).where(end.notna(), None).to_numpy()
    for name in ("status", "source_id"):
        out[name] = of_rule[name].to_numpy()
    return out.set_index(standing.index)


def deadline_calendar(events: pd.DataFrame, *, now: dt.datetime) -> bytes:
    """The final dates for comments as a calendar that other programs take.

    Parameters
    ----------
    events : DataFrame
        One row a notification, indexed by its symbol: summary, description (words for people), comments_by
        (YYYY-MM-DD), sequence (how often the notification was changed, from 0), is_cancelled,
        days_before [days of the reminder before the final date].
    now : datetime
        When the calendar is written, with its offset.

    Returns
    -------
    bytes
        iCalendar in UTF-8 (lines folded at 75 octets, CRLF). A final date is a whole day; the identifier of
        an event comes from the symbol alone, so that a changed date moves the event and adds none.

    Raises
    ------
    InputFaults
        With every symbol given twice, day that is no day and text that is empty or hides something, and
        when `now` has no offset.

    References
    ----------
    .. [1] IETF RFC 5545, 3.1, 3.3.11, 3.6.1, 3.8.4.7, 3.8.7 (``rfc_5545``).

    Examples
    --------
    >>> rows = pd.DataFrame({"summary": ["Comments, lamps"], "description": ["Flicker"], "sequence": [1],
    ...     "comments_by": ["2026-05-01"], "is_cancelled": [False], "days_before": [14]},
    ...     index=["G/TBT/N/EU/9"])
    >>> text = deadline_calendar(rows, now=dt.datetime(2026, 3, 1, tzinfo=dt.UTC)).decode()
    >>> wanted = ("UID", "SUMMARY", "DTSTART", "SEQ")
    >>> [line for line in text.splitlines() if line.startswith(wanted)]  # doctest: +NORMALIZE_WHITESPACE
    ['SUMMARY:Comments\\\\, lamps', 'DTSTART;VALUE=DATE:20260501',
     'UID:G-TBT-N-EU-9@trade-measures.riskkit', 'SEQUENCE:1']
    """
    refuse("calendar", _event_faults(events, now))
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//riskkit//trade measures//")
    calendar.add("version", "2.0")
    for symbol, row in events.iterrows():
        day = dt.date.fromisoformat(row["comments_by"])
        event = icalendar.Event()
        event.add("uid", f"{str(symbol).replace('/', '-')}@{_HOST}")
        event.add("dtstamp", now.astimezone(dt.UTC))
        event.add("dtstart", day)
        event.add("dtend", day + dt.timedelta(days=1))
        event.add("summary", row["summary"])
        event.add("description", row["description"])
        event.add("sequence", int(row["sequence"]))
        event.add("status", "CANCELLED" if row["is_cancelled"] else "CONFIRMED")
        event.add("transp", "TRANSPARENT")
        if not row["is_cancelled"]:
            event.add_component(_reminder(row["summary"], int(row["days_before"])))
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


def _reminder(words: str, days: int) -> icalendar.Alarm:
    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", words)
    alarm.add("trigger", dt.timedelta(days=-days))
    return alarm


def _event_faults(events: pd.DataFrame, now: dt.datetime) -> list[Fault]:
    faults = (
        [] if now.utcoffset() is not None else [Fault("now", str(now), "a time with its offset from UTC")]
    )
    faults += [Fault(f"events: {symbol}", "again", "each notification once")
               for symbol in events.index[events.index.duplicated()]]  # fmt: skip
    for symbol, row in events.iterrows():
        for name in ("summary", "description"):
            try:
                plain_text(str(row[name] or ""))
            except ValueError as error:
                faults.append(Fault(f"events: {symbol}: {name}", shown(row[name]), str(error)))
        try:
            dt.date.fromisoformat(row["comments_by"])
        except (TypeError, ValueError):
            faults.append(Fault(f"events: {symbol}: comments_by", shown(row["comments_by"]), "YYYY-MM-DD"))
    return faults
