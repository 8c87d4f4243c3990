"""Technical trade measures from a folder of tables, worked out once."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from riskkit.application.catalogue.hs_editions import EDITIONS, Correspondence, correspondence
from riskkit.application.trade_measures import deadlines, gaps
from riskkit.application.trade_measures.exposure import RATES, exposure, impacts, sector_table
from riskkit.application.trade_measures.losses import loss_rates, survey_impacts
from riskkit.application.trade_measures.matching import check_lines, coded, matched_lines
from riskkit.application.trade_measures.notifications import Notifications, read_csv, read_json, standing
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown, tried
from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import amount, number, rate
from riskkit.workbench.reports.response.examples import folder_faults, object_rows, one_day, tables_in

SAMPLE = "trade_measures"
NOTIFICATIONS = ("notifications.csv", "notifications.json")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "exports": ("line_id", "hs", "market", "sector", "value"),
    "survey": ("firm_id", "stratum", "sector", "weight", "export_value", "is_affected", "direct_loss",
               "additional_cost"),
    "requirements": (*gaps.TEXTS, *(one.name for one in (*gaps.LIMITS, *gaps.TESTED))),
    "hs_correspondence": ("newer_edition", "older_edition", "code_newer", "code_older"),
}  # fmt: skip
"""The files beside the notifications with the columns that each must have; only ``exports`` must be there."""
_MORE = {"exports": ("ics",), "survey": ("population",), "hs_correspondence": ("relationship",)}
_TEXTS = ("line_id", "hs", "ics", "market", "sector", "firm_id", "stratum", "code_newer", "code_older",
          *gaps.TEXTS)  # fmt: skip
_MOST_BYTES = 50_000_000


@dataclass(frozen=True)
class TradeStudy:
    """Notifications as they stand on a day and what they mean for exports; an absent file has no rows."""

    name: str
    is_sample: bool
    sha256: str
    on: dt.date
    edition: int
    read: Notifications
    standing: pd.DataFrame
    deadlines: pd.DataFrame
    verdicts: pd.DataFrame
    matches: pd.DataFrame
    exposed: pd.DataFrame
    impacts: pd.DataFrame
    sectors: pd.DataFrame
    survey: pd.DataFrame
    requirements: pd.DataFrame
    gaps: pd.DataFrame


def study_trade(folder: str = SAMPLE, *, on: str = "", edition: int = 2022) -> TradeStudy:
    """Everything the notebook of trade measures shows, or one error with every fault of all files."""
    faults: list[Fault] = []
    day = one_day(on, what="on", faults=faults)
    known = [str(one) for one in EDITIONS]
    faults += [] if str(edition) in known else [Fault("edition", str(edition), one_of(str(edition), known))]
    place = _place(folder)
    found = tried(faults, partial(_notifications, place))
    tables, digests = _tables(place)
    faults += folder_faults(tables, COLUMNS, more=_MORE)
    refuse("trade measures", faults)
    assert found is not None
    tables = {name: tables.get(name, pd.DataFrame(columns=list(heads))) for name, heads in COLUMNS.items()}
    read, digest = found
    day = day or _last_day(read)
    sha256 = hashlib.sha256("".join([digest, *digests]).encode()).hexdigest()
    name = SAMPLE if folder == SAMPLE else place.name
    return _worked_out(TradeInputs(name, folder == SAMPLE, sha256, day, edition, read, tables))


@dataclass(frozen=True)
class TradeInputs:
    """What was read, before anything is worked out."""

    name: str
    is_sample: bool
    sha256: str
    on: dt.date
    edition: int
    read: Notifications
    tables: Mapping[str, pd.DataFrame]


def _worked_out(given: TradeInputs) -> TradeStudy:
    faults: list[Fault] = []
    lines, survey, wanted, links = (given.tables[name] for name in COLUMNS)
    day, edition = given.on, given.edition
    tried(faults, partial(check_lines, lines))
    asked = survey_impacts if len(survey) else None
    expanded = tried(faults, partial(asked, survey)) if asked else None
    judged = tried(faults, partial(gaps.decide, wanted, on=day)) if len(wanted) else None
    stands = standing(given.read.accepted, on=day)
    used = tried(faults, partial(_correspondences, links, stands, edition, on=day)) if len(links) else {}
    refuse("trade measures", faults)
    lines = lines.assign(value=pd.to_numeric(lines["value"]))
    codes, verdicts = coded(stands, edition=edition, tables=used or {}, on=day)
    verdicts = verdicts.assign(member=stands["member"])
    matches = matched_lines(stands, lines, codes=codes, on=day)
    rates = pd.DataFrame(columns=list(RATES), dtype=float) if expanded is None else loss_rates(expanded)
    exposed = exposure(matches, lines, verdicts=verdicts)
    is_live = ~stands["is_withdrawn"].astype(bool)
    live = matches[matches["base"].map(is_live).astype(bool)]
    return TradeStudy(
        given.name, given.is_sample, given.sha256, day, edition, given.read, stands,
        deadlines.decide(stands, on=day), verdicts, matches, exposed, impacts(exposed, matches, rates=rates),
        sector_table(live, lines, verdicts=verdicts[is_live], rates=rates),
        pd.DataFrame() if expanded is None else expanded, wanted,
        pd.DataFrame() if judged is None else judged,
    )  # fmt: skip


def _last_day(read: Notifications) -> dt.date:
    """The day of the latest document."""
    none = [Fault("notifications", "0 good rows", "at least one, or a day (on)")]
    refuse("trade measures", none if read.accepted.empty else [])
    return dt.date.fromisoformat(read.accepted["distributed_on"].max())


def _place(folder: str) -> Path:
    place = shipped.home() / "data" / "examples" / SAMPLE if folder == SAMPLE else Path(folder)
    is_there = any((place / name).is_file() for name in NOTIFICATIONS) and (place / "exports.csv").is_file()
    rule = RuleText("{}, or a folder with notifications.csv or .json and exports.csv", SAMPLE)
    refuse("folder", [] if is_there else [Fault("folder", shown(folder), rule)])
    return place


def _notifications(place: Path) -> tuple[Notifications, str]:
    name = next(name for name in NOTIFICATIONS if (place / name).is_file())
    both = all((place / name).is_file() for name in NOTIFICATIONS)
    refuse(name, [Fault(str(NOTIFICATIONS[1]), "beside notifications.csv", "one of the two")] if both else [])
    with (place / name).open("rb") as file:
        raw = file.read(_MOST_BYTES + 1)
    refuse(
        name,
        [Fault(name, "too large", RuleText("at most {} bytes", _MOST_BYTES))]
        if len(raw) > _MOST_BYTES
        else [],
    )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        refuse(name, [Fault(name, f"byte {error.start}", "UTF-8 text")])
        raise
    digest = hashlib.sha256(raw).hexdigest()
    return (read_csv if name.endswith(".csv") else read_json)(text, name=name), digest


def _tables(place: Path) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """The tables that are there, with empty cells as None, and their hashes."""
    opened = tables_in(place, COLUMNS, texts=_TEXTS)
    rows = {name: object_rows(one.table.reset_index(drop=True)) for name, one in opened.items()}
    return rows, [one.sha256 for one in opened.values()]


def _correspondences(
    links: pd.DataFrame, stands: pd.DataFrame, edition: int, *, on: dt.date
) -> dict[int, Correspondence]:
    """The correspondences that the editions of the notifications need."""
    stated = pd.to_numeric(stands["hs_edition"]).dropna().astype(int)
    sources: Sequence[int] = sorted(set(stated) - {edition})
    has = {int(year) for name in ("newer_edition", "older_edition") for year in pd.to_numeric(links[name])}
    return {
        year: correspondence(links, source=year, target=edition, on=on) for year in sources if year in has
    }


say = Texts("trade")
_MILLION = 1e6


def money(value: float) -> str:
    """An amount in millions of US dollars; a dash where it is unknown."""
    return "—" if math.isnan(value) else amount(value / _MILLION)


def money_range(low: float, high: float) -> str:
    """From a sure to a possible amount; one of them where both are equal."""
    if math.isnan(low) and math.isnan(high):
        return "—"
    if math.isnan(high):
        return say("at_least", low=money(low))
    return money(low) if money(low) == money(high) else say("between", low=money(low), high=money(high))


def rate_range(low: float, high: float) -> str:
    """From a sure to a possible share."""
    if math.isnan(low) and math.isnan(high):
        return "—"
    if math.isnan(high):
        return say("at_least", low=rate(low))
    first, last = rate(low), rate(high)
    return first if first == last else say("between", low=first, high=last)


def rule_words() -> dict[str, str]:
    """Each rule in words."""
    rows = standards.rows("trade_rules")
    return {row["rule_id"]: row[language()].replace("{n}", number(row["number"])) for row in rows}
