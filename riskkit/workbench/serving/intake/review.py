"""The page of the assessors: what was reported from outside, and whether it enters the register."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tornado import web

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language, language
from riskkit.monitoring.sources.sheets.sheets import choices, sheet_columns
from riskkit.words.catalogue import Texts
from riskkit.workbench.runs.folders.ledger_places import account_name
from riskkit.workbench.serving.access import Guard
from riskkit.workbench.serving.gate import Gate
from riskkit.workbench.serving.identity import identity_of, role_of
from riskkit.workbench.serving.intake.waiting import (
    ACCEPTED,
    REFUSED,
    Places,
    decide,
    is_receipt,
    n_waiting,
    read_report,
    waiting_receipts,
)
from riskkit.workbench.serving.served import served_asset
from riskkit.workbench.serving.sign_in import language_of, served_page
from riskkit.workbench.words.rules import fault_line

audit = logging.getLogger("riskkit.access")
MOST_SHOWN = 20  # reports on one page; the others come up as these are decided on
_MOST_REASON = 1000  # characters
_CHINA = dt.timezone(dt.timedelta(hours=8))
_ROLES = ("", "assessor")
say = Texts("intake")


def may_review(role: str) -> bool:
    """Whether somebody in a role decides on reports; where one token is for all, its holder does."""
    return role in _ROLES


class ReviewDesk:
    """What the handlers share: where things lie, and one decision at a time."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.turn = asyncio.Lock()
        self.gate = Gate()


class _ForAssessors(Guard):
    """Signed in, in the role of an assessor; what strangers wrote can do nothing here."""

    def initialize(self, desk: ReviewDesk) -> None:
        """Remember the desk."""
        self._desk = desk

    async def prepare(self) -> None:  # type: ignore[override]
        """Refuse everybody else."""
        await super().prepare()
        if not may_review(role_of(self)):
            raise web.HTTPError(403)

    def set_default_headers(self) -> None:
        """As for every answer; of scripts, only the one that makes the page dark or light."""
        super().set_default_headers()
        policy = (
            f"default-src 'none'; script-src '{_script_digest()}'; style-src 'unsafe-inline'; "
            "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        self.set_header("Content-Security-Policy", policy)
        self.set_header("Cache-Control", "no-store")


def _script_digest() -> str:
    script = served_asset("theme.js").removesuffix("\n")  # as the page has it
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


class Review(_ForAssessors):
    """What waits, and the decision on one of it."""

    @web.authenticated
    async def get(self) -> None:
        """Show what waits, and what was decided last."""
        done, receipt = self.get_query_argument("done", ""), self.get_query_argument("receipt", "")
        is_told = done in (ACCEPTED, REFUSED) and is_receipt(receipt)
        await self._show(done=done if is_told else "", receipt=receipt)

    @web.authenticated
    async def post(self) -> None:
        """Decide on one report; the form carries the token that only our own page has."""
        state, receipt = self.get_body_argument("decision", ""), self.get_body_argument("receipt", "")
        why = self.get_body_argument("why", "").strip()
        if state not in (ACCEPTED, REFUSED) or not is_receipt(receipt) or len(why) > _MOST_REASON:
            raise web.HTTPError(400)
        lang = language_of(self)
        if not why:
            self.set_status(400)
            await self._show(wrong={receipt: in_language(lang, say, "review_no_reason")})
            return
        who = identity_of(self).owner_of(self.current_user) or account_name()
        async with self._desk.turn:
            call = (in_language, lang, decide, self._desk.places, receipt, state)
            try:
                await self._desk.gate.beside(*call, who=who, why=why)
            except InputFaults as faults:
                self.set_status(409)
                await self._show(wrong={receipt: in_language(lang, _said, faults)}, reasons={receipt: why})
                return
        audit.info("report %s: %s by %s", state, receipt, who)
        told = urlencode({"lang": lang, "done": state, "receipt": receipt})
        self.redirect(f"{self.base_url}intake/waiting?{told}", status=303)

    async def _show(self, **words: Any) -> None:
        lang, folder = language_of(self), self._desk.places.folder
        found = await self._desk.gate.beside(in_language, lang, _waiting, folder)
        shown = {report["receipt"] for report in found}
        wrong: Mapping[str, str] = words.get("wrong", {})
        words |= {
            "reports": found, "n": n_waiting(folder), "wrong": wrong, "reasons": words.get("reasons", {}),
            "elsewhere": [text for receipt, text in wrong.items() if receipt not in shown],
            "base": self.base_url, "xsrf": self.xsrf_token.decode(), "most": _MOST_REASON,
        }  # fmt: skip
        self.finish(in_language(lang, served_page, "review", lang, say=say, **words))


def _said(error: Exception) -> str:
    """What is wrong with a report, in the language of who reads."""
    if isinstance(error, InputFaults):
        return "\n".join(fault_line(vars(fault)) for fault in error.faults)
    return str(error)


def _waiting(folder: Path) -> list[dict[str, Any]]:
    """The oldest reports; one that was changed since it came is shown as such and cannot be decided on."""
    found = []
    for receipt in waiting_receipts(folder)[:MOST_SHOWN]:
        try:
            report = read_report(folder, receipt)
        except (InputFaults, OSError, ValueError, KeyError) as fault:
            found.append({"receipt": receipt, "fault": _said(fault)})
            continue
        at = dt.datetime.fromisoformat(report["received_at"]).astimezone(_CHINA)
        told: dict[str, Any] = {"at": f"{at:%Y-%m-%d %H:%M}", "rows": list(_rows(report)), "fault": ""}
        found.append({**report, **told})
    return found


def _rows(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The answers in the language of who reads, as the form asked for them."""
    for column in sheet_columns(report["sheet"]):
        text = report["answers"].get(column["en"], "")
        if text and text != report["receipt"]:
            words = choices(column["choices"]) if column["choices"] else {}
            yield column[language()], words.get(text, text)


class ReportPicture(_ForAssessors):
    """One picture of a report that waits."""

    @web.authenticated
    async def get(self, receipt: str, number: str) -> None:
        """Send it, if it is the one that came."""
        name = f"picture-{number}.png"
        try:
            report = read_report(self._desk.places.folder, receipt)
        except (InputFaults, OSError, ValueError, KeyError):
            raise web.HTTPError(404) from None
        if name not in report["pictures"]:
            raise web.HTTPError(404)
        self.set_header("Content-Type", "image/png")
        self.finish((Path(report["folder"]) / name).read_bytes())


def review_handlers(root: str, places: Places) -> list[Any]:
    """The pages under ``intake/waiting``."""
    more = {"desk": ReviewDesk(places)}
    return [
        (rf"{root}intake/waiting", Review, more),
        (rf"{root}intake/waiting/([0-9A-Z-]+)/picture-([1-9])\.png", ReportPicture, more),
    ]
