"""``riskkit fetch``: every page of a public interface's answer, as one file that ``riskkit ingest`` reads."""

from __future__ import annotations

import datetime as dt
import email.utils
import http.client
import ipaddress
import json
import re
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

import riskkit
from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, refuse, shown
from riskkit.foundation.inputs.part_files import NEW_FILE, put_files
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.defining import Answer, argument, command, flag, option
from riskkit.workbench.commands.fetch.interfaces import Interface, interface, page_address, windows
from riskkit.workbench.commands.options import FORCE, UNTIL, folder_option

SECONDS_BETWEEN = 1.5  # openFDA allows 240 a minute without a key; we ask for far less
_TIMEOUT = 60
_MOST_BYTES = 64_000_000
# a host that is busy five times is not pressed further: what came is kept for another day
_TRIES = 5
_LONGEST_WAIT = 600
_LATER = (429, 500, 502, 503, 504)
_AGENT = f"riskkit/{riskkit.__version__} (risk assessment of traded goods; asks for public notices only)"
_ACCEPTED = "application/json, application/xml;q=0.9"


class _SameHost(urllib.request.HTTPRedirectHandler):
    """A redirect to another host or another scheme is not followed."""

    def redirect_request(self, req: Any, *about: Any) -> Any:
        """Follow within the host; the last of what urllib gives is the new address."""
        before, after = urlsplit(req.full_url), urlsplit(about[-1])
        if (before.scheme, before.netloc) != (after.scheme, after.netloc):
            fault = Fault("redirect", shown(about[-1]), RuleText("an address on {}", before.netloc))
            raise InputFaults("fetch", [fault])
        return super().redirect_request(req, *about)


@dataclass
class Asker:
    """Asks one page after another, never two at once, and waits as the host says."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    n_asked: int = 0
    _free_at: float = field(default=0.0)

    def ask(self, address: str) -> tuple[int, bytes]:
        """The status and content of an answer; a host that is busy is asked again later, a few times."""
        _require_safe(address)
        status = 0
        for _ in range(_TRIES):
            self.sleep(max(0.0, self._free_at - self.clock()))
            status, raw, headers = self._once(address)
            self._free_at = self.clock() + SECONDS_BETWEEN
            if status not in _LATER:
                return status, raw
            wait = _told_to_wait(headers.get("Retry-After", ""), self.now())
            rule: str = RuleText(
                "at most {} s; the pages so far are kept: run the same command again later", _LONGEST_WAIT
            )
            refuse("fetch", [Fault("Retry-After", f"{wait:.0f} s", rule)] if wait > _LONGEST_WAIT else [])
            self._free_at = self.clock() + max(wait, SECONDS_BETWEEN * 4)
        host = urlsplit(address).netloc
        rule = "an answer; the pages so far are kept: run the same command again later"
        raise InputFaults("fetch", [Fault(host, f"HTTP {status}, {_TRIES} times", rule)])

    def _once(self, address: str) -> tuple[int, bytes, Any]:
        self.n_asked += 1
        request = urllib.request.Request(  # noqa: S310 - `ask` takes https alone
            address, headers={"User-Agent": _AGENT, "Accept": _ACCEPTED}
        )
        opener = urllib.request.build_opener(_SameHost)
        try:
            with opener.open(request, timeout=_TIMEOUT) as answer:
                return answer.status, _limited(answer), answer.headers
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _limited(error), error.headers
        except (OSError, ValueError, http.client.HTTPException) as error:
            host = urlsplit(address).netloc
            fault = Fault(host, type(error).__name__, RuleText("a host that answers ({})", error))
            raise InputFaults("fetch", [fault]) from None


def _require_safe(address: str) -> None:
    parts = urlsplit(address)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(parts.hostname or ""))
    refuse("fetch", [] if is_safe else [Fault("address", shown(address), "https")])


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _limited(answer: Any) -> bytes:
    raw: bytes = answer.read(_MOST_BYTES + 1)
    large = [Fault("answer", "too large", RuleText("at most {} bytes", f"{_MOST_BYTES:,}"))]
    refuse("fetch", large if len(raw) > _MOST_BYTES else [])
    return raw


def _told_to_wait(text: str, now: dt.datetime) -> float:
    """What Retry-After says: seconds, or a date."""
    if text.strip().isdecimal():
        return float(text)
    try:
        return max(0.0, (email.utils.parsedate_to_datetime(text) - now).total_seconds())
    except (TypeError, ValueError):
        return 0.0


Window = tuple[dt.date, dt.date]
_DOCUMENTED = "rows in the form its publisher documents"
_REPORT = re.compile(r"/weeklyReport/detail/xml/(\d{1,12})(?!\d)")


@dataclass(frozen=True)
class Page:
    """The rows of one answer, how many there are in all where it says so, and the pages it names."""

    rows: tuple[Mapping[str, Any], ...]
    total: int | None = None
    further: tuple[str, ...] = ()


def read_page(of: Interface, window: Window, *, status: int, raw: bytes) -> Page:
    """The rows of an answer; what has another shape is refused whole."""
    place = f"{of.name} ({status})"
    if of.source == "safety_gate":
        return _weekly(of, window, place, raw=raw if status == 200 else b"")
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        raise InputFaults("fetch", [Fault(place, shown(raw[:60]), "an answer in JSON")]) from None
    total, further, is_fine = None, None, status == 200
    if of.source == "fda_recalls":
        if status == 404 and _at(told, "error", "code") == "NOT_FOUND":
            return Page((), 0)
        rows, total = _at(told, "results"), _at(told, "meta", "results", "total")
        is_fine = is_fine and isinstance(total, int)
    elif of.source == "rasff":
        rows, further = _at(told, "value"), _at(told, "nextLink")
        is_fine = is_fine and (further is None or isinstance(further, str))
    else:
        rows = told
    is_fine = is_fine and isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
    refuse("fetch", [] if is_fine else [Fault(place, shown(told), _DOCUMENTED)])
    inside = [row for row in rows if of.source != "rasff" or not _is_outside(row, window)]
    return Page(tuple(inside), total, (further,) if further else ())


def _at(told: Any, *keys: str) -> Any:
    for key in keys:
        told = told.get(key) if isinstance(told, dict) else None
    return told


def _is_outside(row: Mapping[str, Any], window: Window) -> bool:
    """Whether a notification is of another day; one whose day cannot be read is left to its reader."""
    try:
        day = dt.date.fromisoformat(str(row.get("NOTIF_DATE"))[:10])
    except ValueError:
        return False
    return not _is_in(day, window)


def _weekly(of: Interface, window: Window, place: str, *, raw: bytes) -> Page:
    """The list of weekly reports names those of the days; a report holds its notifications."""
    from defusedxml import DefusedXmlException, ElementTree  # type: ignore[import-untyped]

    try:
        told = ElementTree.fromstring(raw, forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError, RecursionError):
        raise InputFaults("fetch", [Fault(place, shown(raw[:60]), "a weekly report in XML")]) from None
    listed, alerts = told.findall("weeklyReport"), told.findall("notifications")
    days = [_day(report.findtext("publicationDate")) for report in listed]
    reports = [_REPORT.search(report.findtext("URL") or "") for report in listed]
    published = (told.findtext("report_date") or "").strip()
    is_fine = told.tag == "Safety-Gate" and None not in days and None not in reports
    is_fine = is_fine and (bool(listed) or _day(published) is not None)
    refuse("fetch", [] if is_fine else [Fault(place, shown(told.tag), _DOCUMENTED)])
    numbers = [
        found[1] for found, day in zip(reports, days, strict=True) if found and day and _is_in(day, window)
    ]
    # a report is asked for in the form that its own list uses; without "search" it is refused
    further = tuple(
        f"{of.address}/detail/xml/{number}?language=en&search=WEB_REPORT%7C:%7C{number}"
        for number in dict.fromkeys(numbers)
    )
    rows = [{"publicationDate": published, **{one.tag: _text(one) for one in alert}} for alert in alerts]
    return Page(tuple(rows), None, further)


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.datetime.strptime((text or "").strip(), "%d/%m/%Y").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None


def _is_in(day: dt.date, window: Window) -> bool:
    return window[0] <= day <= window[1]


def _text(element: Any) -> str:
    return "; ".join(text.strip() for text in element.itertext() if text.strip())


# a range that needs more is better fetched in parts: what breaks off is then small
MOST_PAGES = 500
_MOST_DAYS = 366 * 60


@command(
    argument("name", "SOURCE"),
    option("fetch_since", "--since", metavar="DATE", required=True),
    UNTIL,
    flag("online", "--online"),
    folder_option("fetch_out", "--out", "out", default=Path("fetched"), show_default=True),
    FORCE,
    folder_option("fetch_register", "--register"),
)
def fetch_source(
    name: str, *, since: str, until: str | None, online: bool, out: Path, force: bool, register: Path | None
) -> Answer:
    """Ask one interface for a range of days, if somebody allowed it, and say what came."""
    of, days = interface(name), _days(since, until)
    host = urlsplit(of.address).netloc
    rule = RuleText("given: only then is {} asked, and nothing else leaves this machine", host)
    refuse("fetch", [] if online else [Fault("--online", "not given", rule)])
    path, n_rows, n_asked = fetch(of, days, out, asker=Asker(), is_forced=force)
    entry = _entered(path, of, register) if register else None
    lines = [say("fetched", file=path, n=n_rows, asked=n_asked, host=host)]
    lines += [say("fetched_next", file=path, source=of.source)] if entry is None else []
    facts = {"source": of.source, "file": str(path), "rows": n_rows, "asked": n_asked, "register": entry}
    return Answer(facts, lines)


def _days(since: str, until: str | None) -> tuple[dt.date, dt.date]:
    found, faults = [], []
    today = dt.datetime.now(dt.UTC).date()
    for wanted, text in (("--since", since), ("--until", until or today.isoformat())):
        try:
            found.append(dt.date.fromisoformat(text))
        except ValueError:
            faults.append(Fault(wanted, shown(text), "YYYY-MM-DD"))
    refuse("fetch", faults)
    first, last = found
    is_range = first <= last <= today and (last - first).days <= _MOST_DAYS
    rule = "a range of days up to today"
    refuse("fetch", [] if is_range else [Fault("--since", f"{first} to {last}", rule)])
    return first, last


def fetch(
    of: Interface, days: Window, folder: Path, *, asker: Asker, address: str = "", is_forced: bool = False
) -> tuple[Path, int, int]:
    """All pages as one JSON file, whole or not at all.

    Pages that came are kept beside it until all are there: the same call goes on where one broke off. Gives
    the file, its rows and how often the host was asked.
    """
    of = replace(of, address=address or of.address)
    stem = f"{of.name}_{days[0]}_{days[1]}"
    kept, is_there = folder / f".fetching-{stem}", (folder / f"{stem}.json").exists()
    own = [Fault("--out", f"{stem}.json", NEW_FILE)] if is_there and not is_forced else []
    refuse("fetch", own)  # before a host is asked
    rows = [row for page in _pages(of, days, kept, asker=asker) for row in page.rows]
    content = json.dumps(rows, ensure_ascii=False, indent=0).encode()
    (path,) = put_files(folder, {f"{stem}.json": content}, is_forced=is_forced)
    if kept.is_dir() and not kept.is_symlink():
        shutil.rmtree(kept)
    return path, len(rows), asker.n_asked


def _pages(of: Interface, days: Window, kept: Path, *, asker: Asker) -> Iterator[Page]:
    n_pages = 0
    for window in windows(*days, days=of.window_days):
        skipped, total, waiting = 0, None, [page_address(of, window, 0)]
        for number in range(MOST_PAGES + 1):
            if number == len(waiting):
                break
            n_pages += 1
            too_many = [Fault(of.name, "more pages", RuleText("at most {}", MOST_PAGES))]
            refuse("fetch", too_many if n_pages > MOST_PAGES else [])
            page = _page(
                of, window, waiting[number], kept=kept / f"{window[0]}_{number:07d}.json", asker=asker
            )
            _require_same(of, window, (total, page.total), kept=kept)
            total, skipped = page.total, skipped + len(page.rows)
            yield page
            further = page.further
            if not _is_last(of, page, skipped):
                _require_reachable(of, window, skipped)
                further = (page_address(of, window, skipped),)
            _require_new(of, further, waiting)
            waiting += further
        if total is not None and skipped != total:
            _require_same(of, window, (total, skipped), kept=kept)


def _require_new(of: Interface, further: tuple[str, ...], known: list[str]) -> None:
    """What an answer names is a page of the same host that was not asked for yet."""
    host = "/".join(of.address.split("/")[:3]) + "/"
    faults = [
        Fault(of.name, shown(address), RuleText("a further page on {}", host))
        for address in further
        if address in known or not address.startswith(host)
    ]
    refuse("fetch", faults)


def _is_last(of: Interface, page: Page, n_rows: int) -> bool:
    if not page.rows or not of.page_rows:
        return True
    return n_rows >= page.total if page.total is not None else len(page.rows) < of.page_rows


def _require_reachable(of: Interface, window: Window, skipped: int) -> None:
    is_far = bool(of.most_skipped) and skipped > of.most_skipped
    rule = RuleText("at most {} in {} days: ask for fewer days", of.most_skipped, of.window_days)
    refuse("fetch", [Fault(f"{of.name} {window[0]}", f"more than {skipped} rows", rule)] if is_far else [])


def _require_same(
    of: Interface, window: Window, totals: tuple[int | None, int | None], *, kept: Path
) -> None:
    """An answer that changed while it was read in pieces could lack rows: it is read anew."""
    if totals[0] is None or totals[0] == totals[1]:
        return
    shutil.rmtree(kept, ignore_errors=True)
    rule = "the same number of rows on every page; run the command again"
    raise InputFaults("fetch", [Fault(f"{of.name} {window[0]}", f"{totals[0]} then {totals[1]}", rule)])


def _page(of: Interface, window: Window, address: str, *, kept: Path, asker: Asker) -> Page:
    if kept.is_file() and not kept.is_symlink():
        status, _, raw = kept.read_bytes().partition(b"\n")
        return read_page(of, window, status=int(status), raw=raw)
    status_now, raw = asker.ask(address)
    page = read_page(of, window, status=status_now, raw=raw)
    content = str(status_now).encode() + b"\n" + raw
    put_files(kept.parent.parent, {kept.name: content}, within=(kept.parent.name,), is_forced=True)
    return page


def _entered(path: Path, of: Interface, register: Path) -> dict[str, Any]:
    """The file read into a register by the reader of its source, as ``riskkit ingest`` does it."""
    from riskkit.monitoring.sources.catalogue import SOURCES
    from riskkit.workbench.commands.register import take_file

    source = next(one for one in SOURCES if one.name == of.source)
    entry = take_file(path, source, SOURCES, register=register)
    rows = {name: entry[f"n_{name}"] for name in ("read", "accepted", "quarantined")}
    click.echo(say("fetched_in", **rows), err=True)
    return rows
