"""Emergencies at a port from a folder of tables, worked out once: levels, goods, yard, readiness and log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown, tried
from riskkit.response.emergency import dangerous_goods, levels, plans, readiness, solid_waste
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

SAMPLE = "port_emergency"
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "events": ("event_id", "event", "rule_set"),
    "goods": ("lot_id", "event_id", "goods", "kind"),
    "un_numbers": ("un_number", "class"),
    "yard": ("unit_id", "class", "x_m", "y_m"),
    "distances": ("class_a", "class_b", "min_m"),
    "needs": ("scenario", "item", "n_needed"),
    "stock": ("item", "n_held"),
    "drills": ("drill_id", "item", "weight", "score"),
    "log": ("event_id", "step", "at", "actor"),
}
"""The files of a folder with the columns that each must have; only ``events`` must be there."""
_FLAGS = ("is_radiation_alarm", "is_self_heating", "is_liquefiable", "is_dust_explosive")
_WASTE = ("is_suspected", "is_solid_waste", "is_transit", "is_hazardous", "is_entered")
_MORE: Mapping[str, tuple[str, ...]] = {
    "events": ("port", "n_deaths", "n_serious", "n_injured", "loss_cny", "is_public_harm",
               "is_county_spread", "is_set_by_county"),
    "goods": ("un_number", "class", "packing_group", *_FLAGS, *_WASTE, "fine_cny"),
    "stock": ("expires_on",),
    "drills": ("is_critical",),
}  # fmt: skip
_TEXTS = (
    "event_id", "event", "port", "rule_set", "lot_id", "goods", "kind", "un_number", "class", "packing_group",
    "unit_id", "class_a", "class_b", "scenario", "item", "expires_on", "drill_id", "step", "at", "actor",
)  # fmt: skip


@dataclass(frozen=True)
class EmergencyStudy:
    """Emergencies on a day; a table of a file that is not there has no rows."""

    name: str
    is_sample: bool
    sha256: str
    on: dt.date
    tables: Mapping[str, pd.DataFrame]
    levels: pd.DataFrame
    matched: pd.DataFrame
    waste: pd.DataFrame
    steps: pd.DataFrame
    conflicts: pd.DataFrame
    materials: pd.DataFrame
    drills: pd.DataFrame
    gaps: pd.DataFrame


def study_emergency(folder: str = SAMPLE, *, on: str) -> EmergencyStudy:
    """Everything the notebook of port emergencies shows, or one error with every fault of all files."""
    faults: list[Fault] = []
    opened = open_folder(folder, sample=SAMPLE, columns=COLUMNS, first="events", texts=_TEXTS)
    tables = {name: plain_rows(one.table) for name, one in opened.items()}
    faults += folder_faults(tables, COLUMNS, more=_MORE)
    day = one_day(on, what="on", faults=faults)
    faults += [] if on else [Fault("on", shown(on), "a day (YYYY-MM-DD)")]
    pairs = (("yard", "distances"), ("needs", "stock"))
    faults += [
        Fault(f"{one}.csv", "missing", RuleText("a file beside {}.csv", other))
        for other, one in pairs
        if other in tables and one not in tables
    ]
    refuse("emergency", faults)
    assert day is not None
    tables = {
        name: tables.get(name, pd.DataFrame(columns=list(columns))) for name, columns in COLUMNS.items()
    }
    faults += _reference_faults(tables)
    refuse("emergency", faults)
    found = {name: tried(faults, work) for name, work in _work(tables, day).items()}
    steps = tried(faults, partial(_steps, tables["goods"], found, day))
    refuse("emergency", faults)
    name, digest = name_of(folder, sample=SAMPLE), digest_of(opened)
    tables_of = {key: pd.DataFrame() if one is None else one for key, one in found.items()}
    return EmergencyStudy(
        name,
        folder == SAMPLE,
        digest,
        day,
        tables,
        steps=pd.DataFrame() if steps is None else steps,
        **tables_of,
    )


def _reference_faults(tables: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Ids that are missing, stand twice, or name an event that is not there."""
    keys = {"events": "event_id", "goods": "lot_id", "yard": "unit_id"}
    rule = "an event of events.csv"
    return id_faults(tables, keys) + link_faults(tables, ("goods", "log"), "event_id", of="events", rule=rule)


def _work(tables: Mapping[str, pd.DataFrame], day: dt.date) -> dict[str, Callable[[], pd.DataFrame]]:
    """What each table gives, by the name it has in the study."""
    events = tables["events"].set_index("event_id")
    facts = events.drop(columns=[name for name in ("event", "port") if name in events])
    goods = tables["goods"].set_index("lot_id")
    dangerous = goods[goods["kind"] == "dangerous"].reindex(columns=["un_number", "class", "packing_group"])
    waste = goods[goods["kind"] == "waste"].reindex(columns=[*_WASTE, "fine_cny"])
    now = pd.Timestamp(day) + pd.Timedelta(hours=23, minutes=59)
    yard = tables["yard"].set_index("unit_id")
    return {
        "levels": partial(levels.decide, facts, on=day),
        "matched": partial(dangerous_goods.matched_goods, dangerous, tables["un_numbers"]),
        "waste": partial(solid_waste.decide, waste, on=day),
        "conflicts": partial(dangerous_goods.segregation_conflicts, yard, tables["distances"]),
        "materials": partial(readiness.material_adequacy, tables["needs"], tables["stock"], on=day),
        "drills": partial(readiness.drill_scores, tables["drills"], on=day),
        "gaps": partial(readiness.log_gaps, tables["log"], now=now),
    }


def _steps(goods: pd.DataFrame, found: Mapping[str, pd.DataFrame | None], day: dt.date) -> pd.DataFrame:
    """The plan, with the class by number, the group as declared and what the law says of waste."""
    lots = goods.set_index("lot_id").reindex(columns=["kind", "class", *_FLAGS, "is_hazardous"])
    matched, waste = found["matched"], found["waste"]
    if matched is None or waste is None:
        return pd.DataFrame()
    lots.loc[matched.index, "class"] = matched["class"]
    for name in ("is_group_unknown", "is_identified", "is_return_due", "is_opinion_due"):
        lots[name] = np.nan
    lots.loc[matched.index, "is_group_unknown"] = matched["is_group_unknown"].astype(float)
    known = goods.set_index("lot_id").loc[waste.index].reindex(columns=["is_solid_waste"])["is_solid_waste"]
    lots.loc[waste.index, "is_identified"] = known.notna().astype(float)
    for name, decision in (("is_return_due", "return"), ("is_opinion_due", "disposal_opinion")):
        lots.loc[waste.index, name] = (
            (waste["decision"] == decision).astype(float).mask(waste["decision"].isna())
        )
    return plans.plan_steps(lots, on=day)
