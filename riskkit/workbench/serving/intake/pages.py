"""The intake pages: plain forms without scripts, open to everybody while every other page needs the token."""

from __future__ import annotations

import datetime as dt
import logging
import math
import time
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado import httputil, web

from riskkit.foundation.language import in_language
from riskkit.monitoring.sources.sheets.templates import titles
from riskkit.words.catalogue import Texts
from riskkit.workbench.serving.access import Guard
from riskkit.workbench.serving.gate import Gate
from riskkit.workbench.serving.identity import identity_of
from riskkit.workbench.serving.intake import received
from riskkit.workbench.serving.intake.received import Rate
from riskkit.workbench.serving.intake.review import review_handlers
from riskkit.workbench.serving.intake.waiting import Places, is_receipt, keep, n_waiting, new_receipt
from riskkit.workbench.serving.limits import limit
from riskkit.workbench.serving.sign_in import OwnPost, language_of, served_page

audit = logging.getLogger("riskkit.access")
_CHINA = dt.timezone(dt.timedelta(hours=8))
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
say = Texts("intake")


class Desk:
    """What the handlers share: the folder, the rate, and a thread that checks beside the server's loop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rate = Rate()
        self.gate = Gate()


class OpenPage(OwnPost, Guard):
    """A page of the intake: no token, no script, nothing kept in the browser."""

    def initialize(self, desk: Desk) -> None:
        """Remember the desk; what is sent may be so long and no longer."""
        self._desk = desk

    async def prepare(self) -> None:  # type: ignore[override]
        """Let everybody see it."""
        await super(Guard, self).prepare()

    def set_default_headers(self) -> None:
        """As for every answer, with a stricter policy."""
        super().set_default_headers()
        self.set_header("Content-Security-Policy", _POLICY)
        self.set_header("Cache-Control", "no-store")

    def show(self, what: str, **words: Any) -> None:
        """One of the pages, in the language asked for."""
        lang = language_of(self)
        root = f"{self.base_url}intake"
        self.finish(in_language(lang, _page, lang, what, root=root, **words))


def _page(lang: str, what: str, **words: Any) -> str:
    words |= {"sheets": {name: titles()[name] for name in received.FORMS}, "say": say, "what": what}
    return served_page("intake", lang, **words)


class Forms(OpenPage):
    """Which forms there are, and the receipt of what was handed in."""

    @allow_unauthenticated
    async def get(self, receipt: str = "") -> None:
        """Show the list, or a receipt."""
        if receipt and not is_receipt(receipt):
            raise web.HTTPError(404)
        self.show("receipt" if receipt else "forms", receipt=receipt)


@web.stream_request_body
class Form(OpenPage):
    """One form, and what is handed in with it."""

    def initialize(self, desk: Desk) -> None:
        """Take no more than fits: what goes beyond is read but not kept."""
        super().initialize(desk)
        self._body = bytearray()
        self._most = int(limit("intake_body_megabytes") * 1_000_000)
        self._is_large = False
        connection: Any = self.request.connection
        connection.set_max_body_size(4 * self._most)

    def data_received(self, chunk: bytes) -> None:
        """Keep what was sent, up to the limit."""
        self._is_large = self._is_large or len(self._body) + len(chunk) > self._most
        if self._is_large:
            self._body.clear()
        else:
            self._body += chunk

    @allow_unauthenticated
    async def get(self, sheet: str) -> None:
        """Show the form."""
        self._show_form(sheet, {}, ())

    @allow_unauthenticated
    async def post(self, sheet: str) -> None:
        """Check everything that was handed in, keep it and give a receipt; or say all that is wrong."""
        wait = self._desk.rate.take(identity_of(self).address_of(self), now=time.monotonic())
        if wait or n_waiting(self._desk.folder) >= int(limit("intake_waiting")):
            seconds = math.ceil(wait) or 3600
            self.set_status(429 if wait else 503)
            self.set_header("Retry-After", str(seconds))
            self.show("wait", minutes=math.ceil(seconds / 60))
            return
        if self._is_large:
            self.set_status(413)
            self._show_form(sheet, {}, ("rule_body",))
            return
        values, raws = self._handed_in(sheet)
        lang, now = language_of(self), dt.datetime.now(dt.UTC)
        day = now.astimezone(_CHINA).date()
        call = (in_language, lang, _checked, sheet, values, raws)
        found, pictures, wrong = await self._desk.gate.beside(*call, day=day)
        if found or wrong:
            self.set_status(400)
            self._show_form(sheet, values, wrong, found=found)
            return
        receipt = self._keep(sheet, values, pictures, now=now)
        audit.info("report received: %s %s", sheet, receipt)
        self.redirect(f"{self.base_url}intake/received/{receipt}?lang={lang}", status=303)

    def _keep(self, sheet: str, values: dict[str, str], pictures: list[bytes], *, now: dt.datetime) -> str:
        day = now.astimezone(_CHINA).date()
        receipt = new_receipt(day)
        facts = {
            "sheet": sheet,
            "lang": language_of(self),
            "received_at": now.isoformat(timespec="milliseconds"),
        }
        report = received.sheet_file(sheet, values, number=receipt, day=day)
        keep(self._desk.folder, receipt, report, pictures=pictures, facts=facts)
        return receipt

    def _handed_in(self, sheet: str) -> tuple[dict[str, str], list[bytes]]:
        arguments: dict[str, list[bytes]] = {}
        files: dict[str, list[httputil.HTTPFile]] = {}
        kind = self.request.headers.get("Content-Type", "")
        try:
            httputil.parse_body_arguments(kind, bytes(self._body), arguments, files)
        except httputil.HTTPInputError:
            raise web.HTTPError(400) from None
        asked = {one.name for one in received.fields(sheet)}
        values = {
            name: told[-1].decode("utf-8", "replace").replace("\r\n", "\n").strip()
            for name, told in arguments.items()
            if name in asked
        }
        return values, [one["body"] for one in files.get("pictures", []) if one["body"]]

    def _show_form(self, sheet: str, values: dict[str, str], wrong: Any, *, found: Any = ()) -> None:
        lang = language_of(self)
        keys = {one.name: one.rule for one in found}
        told = [in_language(lang, say, one) if one in say else one for one in wrong]
        asked = in_language(lang, received.fields, sheet)
        more = {"values": values, "pictures_wrong": told, "found": found, "rules": keys, "most": limit}
        self.show("form", sheet=sheet, fields=asked, **more)


def _checked(
    sheet: str, values: dict[str, str], raws: list[bytes], *, day: dt.date
) -> tuple[Any, list[bytes], list[str]]:
    drawn, wrong = received.pictures_of(raws)
    return received.misfits(sheet, values, day=day), drawn, wrong


def intake_handlers(root: str, places: Places) -> list[Any]:
    """The pages under ``intake``: the forms for everybody, and what waits for the assessors."""
    more = {"desk": Desk(places.folder)}
    return [
        *review_handlers(root, places),
        (rf"{root}intake/?", Forms, more),
        (rf"{root}intake/received/([0-9A-Z-]+)", Forms, more),
        (rf"{root}intake/({'|'.join(received.FORMS)})", Form, more),
    ]
