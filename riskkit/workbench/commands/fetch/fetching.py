"""``riskkit fetch``: every page of a public interface's answer, as one file that ``riskkit ingest`` reads."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse, shown
from riskkit.foundation.inputs.part_files import NEW_FILE, put_files
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.defining import Answer, argument, command, flag, option
from riskkit.workbench.commands.fetch.answers import Page, Window, read_page
from riskkit.workbench.commands.fetch.asking import Asker
from riskkit.workbench.commands.fetch.interfaces import Interface, interface, page_address, windows
from riskkit.workbench.commands.options import FORCE, UNTIL, folder_option

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
    rule = f"given: only then is {host} asked, and nothing else leaves this machine"
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
    of: Interface,
    days: Window,
    folder: Path,
    *,
    asker: Asker,
    address: str = "",
    is_forced: bool = False,
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
            too_many = [Fault(of.name, "more pages", f"at most {MOST_PAGES}")]
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
        Fault(of.name, shown(address), f"a further page on {host}")
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
    rule = f"at most {of.most_skipped} in {of.window_days} days: ask for fewer days"
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
