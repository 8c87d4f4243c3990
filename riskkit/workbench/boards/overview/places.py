"""Where the cases lie: provinces and ports of their sources on tiles, or on outlines of one's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from riskkit.foundation.language import language
from riskkit.words.catalogue import panel_text as say
from riskkit.words.numbers import number
from riskkit.workbench.boards.overview.records import Record
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.reports.figures.outlines import Rings
from riskkit.workbench.reports.figures.place_map import PlaceMap, place_map


def case_map(records: Sequence[Record], *, outlines: Mapping[str, Rings] | None = None) -> Picture:
    """Cases by province and port; a case that names several places counts once in each."""
    named = [record["case"].get("places", ()) for record in records]
    provinces = Counter(code for places in named for code in {place["province"] for place in places})
    ports = Counter(
        (place["port"][language()], place["province"])
        for places in named
        for place in places
        if place["port"]
    )
    table = pd.DataFrame(
        [(port, code, n) for (port, code), n in ports.items()], columns=["port", "code", "n"]
    )
    told = {"n": number(float(sum(map(bool, named)))), "all": number(float(len(records)))}
    note = say("case_map_note", **told)
    numbers = pd.Series(provinces, dtype="float64")
    shown = PlaceMap("case-map", say("case_map"), say("case_map_unit"), numbers, ports=table, note=note)
    return place_map(shown, outlines=outlines)
