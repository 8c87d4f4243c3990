"""Referral of cases from a folder of tables, worked out once: routes, clocks, rewards, lists, draw."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse, shown, tried
from riskkit.foundation.standards.provinces import province_code
from riskkit.response.referral import clocks, hot_spots, inspection_draw, penalty_publication, rewards, routes
from riskkit.workbench.reports.response.examples import (
    digest_of,
    folder_faults,
    id_faults,
    link_faults,
    name_of,
    one_day,
    open_folder,
    plain_rows,
)

SAMPLE = "referral"
_ROUTE_FACTS = ("is_crime_suspected", "is_public_interest_harmed", "is_many_consumers",
                "is_operator_unlawful", "is_agency_unlawful", "is_harm_growing")  # fmt: skip
_ENDS = ("is_duty_done", "is_harm_removed")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "cases": ("case_id", "case"),
    "clocks": ("case_id", "clock", "started_on", "done_on"),
    "papers": ("case_id", "route", "item"),
    "rewards": ("case_id", "amount_fines"),
    "penalties": ("firm", "decided_on", "penalty", "is_same_province"),
    "listing": ("firm", "penalty"),
    "draw_names": ("name",),
    "draw": ("n_drawn",),
    "places": ("province", "n_cases", "n_consignments"),
}
"""The files of a folder with the columns that each must have; only ``cases`` must be there."""
_DIGESTS = ("list_digest", "secret_digest", "secret", "public")
_TEXTS = (
    "case_id", "case", "clock", "started_on", "done_on", "route", "item", "firm", "decided_on", "penalty",
    "received_on", "published_on", "annulled_on", "restricted_until", "listed_on", "evidence", "match",
    "name", *_DIGESTS, "province", "port",
)  # fmt: skip


def _more(on: dt.date) -> dict[str, tuple[str, ...]]:
    """Columns that a file may have besides; the exclusions from reward are those of the day."""
    return {
        "cases": _ROUTE_FACTS,
        "rewards": ("reward_grade", "is_major", "is_proved", "evidence", "match", "is_grave", "is_inside",
                    *rewards.exclusions(on)),
        "penalties": ("is_small_fine", "received_on", "published_on", "annulled_on", "restricted_until",
                      *_ENDS, "is_repeated", "is_listed"),
        "listing": ("is_serious", "is_without_intent", "listed_on", "annulled_on", *_ENDS, "is_heavy_again"),
        "draw": _DIGESTS,
        "places": ("port",),
    }  # fmt: skip


@dataclass(frozen=True)
class Draw:
    """How far a draw has come: ``none``, ``to_publish``, ``waiting``, ``verified`` or ``does_not_fit``.

    The secret is revealed once the draw is made: without it nobody could repeat the draw.
    """

    state: str
    commitment: inspection_draw.Commitment | None
    drawn: pd.DataFrame
    problems: tuple[str, ...] = ()
    public: str = ""
    secret: str = ""


@dataclass(frozen=True)
class ReferralStudy:
    """Referrals on a day; a table of a file that is not there has no rows."""

    name: str
    is_sample: bool
    sha256: str
    on: dt.date
    tables: Mapping[str, pd.DataFrame]
    routes: pd.DataFrame
    clocks: pd.DataFrame
    papers: pd.DataFrame
    rewards: pd.DataFrame
    publication: pd.DataFrame
    listing: pd.DataFrame
    draw: Draw
    provinces: pd.DataFrame
    ports: pd.DataFrame


def study_referral(folder: str = SAMPLE, *, on: str) -> ReferralStudy:
    """Everything the notebook of referrals shows, or one error with every fault of all files."""
    faults: list[Fault] = []
    day = one_day(on, what="on", faults=faults)
    refuse("referral", [*faults, *([] if on else [Fault("on", shown(on), "a day (YYYY-MM-DD)")])])
    assert day is not None
    opened = open_folder(folder, sample=SAMPLE, columns=COLUMNS, first="cases", texts=_TEXTS)
    read = {name: plain_rows(one.table) for name, one in opened.items()}
    faults += folder_faults(read, COLUMNS, more=_more(day))
    refuse("referral", faults)
    tables = {name: read.get(name, pd.DataFrame(columns=list(columns))) for name, columns in COLUMNS.items()}
    faults += _reference_faults(tables)
    refuse("referral", faults)
    found = {name: tried(faults, work) for name, work in _work(tables, day).items()}
    refuse("referral", faults)
    tables_of = {key: pd.DataFrame() if one is None else one for key, one in found.items()}
    papers = tried(faults, partial(_papers, tables["papers"], tables_of["routes"], day))
    refuse("referral", faults)
    assert papers is not None
    name, digest = name_of(folder, sample=SAMPLE), digest_of(opened)
    return ReferralStudy(
        name, folder == SAMPLE, digest, day, tables, papers=papers, draw=_draw(tables), **tables_of
    )  # fmt: skip


def _reference_faults(tables: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Cases that are missing, stand twice or are not there, provinces nobody knows, and several draws."""
    faults = id_faults(tables, {"cases": "case_id", "rewards": "case_id"})
    names, rule = ("clocks", "papers"), "a case of cases.csv"
    faults += link_faults(tables, names, "case_id", of="cases", rule=rule)
    faults += [
        Fault(f"places: row {row + 1}: province", shown(cell), "a province by code or name")
        for row, cell in enumerate(tables["places"]["province"])
        if province_code(cell) is None
    ]
    n_draws = len(tables["draw"])
    if n_draws > 1 or (n_draws and tables["draw_names"].empty):
        faults.append(Fault("draw", f"{n_draws} rows", "one row, with draw_names.csv beside it"))
    return faults


def _work(tables: Mapping[str, pd.DataFrame], day: dt.date) -> dict[str, Callable[[], pd.DataFrame]]:
    """What each table gives, by the name it has in the study."""
    cases = tables["cases"].set_index("case_id").drop(columns="case")
    events = tables["clocks"][["clock", "started_on", "done_on"]]
    reported = tables["rewards"].set_index("case_id")
    penalties, listing = (tables[name].drop(columns="firm") for name in ("penalties", "listing"))
    places = tables["places"]
    codes = places["province"].map(province_code)
    counts = places[["n_cases", "n_consignments"]].astype(float)
    # an unknown port leaves its province unknown: the sum of the others is no count of the province
    provinces = counts.groupby(codes).sum(min_count=1).where(counts.notna().groupby(codes).all())
    return {
        "routes": partial(routes.decide, cases, on=day),
        "clocks": partial(clocks.clocks, events, on=day),
        "rewards": partial(rewards.decide, reported, on=day),
        "publication": partial(penalty_publication.decide, penalties, on=day),
        "listing": partial(penalty_publication.list_decision, listing, on=day),
        "provinces": partial(_spots, provinces, day),
        "ports": partial(_spots, counts.assign(code=codes, port=places.get("port")), day),
    }


def _spots(places: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    return places.join(hot_spots.hot_spots(places[["n_cases", "n_consignments"]], on=day))


def _papers(papers: pd.DataFrame, found: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """The papers of each case for each route that it takes or may take."""
    parts = []
    for case, possible in zip(map(str, found.index), found["possible"], strict=True):
        for route in possible.split():
            mine = papers[(papers["case_id"] == case) & (papers["route"] == route)]
            gaps = clocks.evidence_gaps(route, mine["item"].tolist(), on=day)
            parts.append(gaps.assign(case_id=case, route=route))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _draw(tables: Mapping[str, pd.DataFrame]) -> Draw:
    """Whether the draw fits what was published; one that does not is a finding, not an error of the file."""
    if tables["draw"].empty:
        return Draw("none", None, pd.DataFrame())
    row = tables["draw"].iloc[0].to_dict()
    names = [str(name) for name in tables["draw_names"]["name"]]
    secret, public = (row.get(name) or "" for name in ("secret", "public"))
    try:
        ours = inspection_draw.commit(names, secret=secret, n=int(row["n_drawn"])) if secret else None
        if not row.get("list_digest") or not row.get("secret_digest"):
            return Draw("to_publish" if ours else "waiting", ours, pd.DataFrame())
        published = inspection_draw.Commitment(
            row["list_digest"], row["secret_digest"], len(names), int(row["n_drawn"])
        )
        if not secret or not public:
            return Draw("waiting", published, pd.DataFrame())
        drawn = inspection_draw.committed_draw(names, published, secret=secret, public=public)
    except InputFaults as error:
        return Draw("does_not_fit", None, pd.DataFrame(), tuple(str(fault) for fault in error.faults))
    return Draw("verified", published, drawn, public=public, secret=secret)
