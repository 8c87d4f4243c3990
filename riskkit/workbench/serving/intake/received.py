"""What the intake pages ask, and how an answer is checked: by the reader of the sheet, as any file is."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import tempfile
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskkit.foundation.inputs.faults import plain_text
from riskkit.foundation.inputs.picture_file import drawn_anew
from riskkit.foundation.language import language
from riskkit.foundation.records.evidence import rule_text
from riskkit.monitoring.sources.catalogue import SOURCES
from riskkit.monitoring.sources.files.opened import file_facts
from riskkit.monitoring.sources.intake import read_records
from riskkit.monitoring.sources.sheets.sheets import choices, sheet_columns
from riskkit.words.catalogue import Texts
from riskkit.workbench.serving.gate import network
from riskkit.workbench.serving.limits import limit


class Rate:
    """Who has to wait before the next report."""

    def __init__(self) -> None:
        self._by_address: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque()

    def __len__(self) -> int:
        return len(self._by_address)

    def take(self, address: str, *, now: float) -> float:
        """Count one and give 0, or count none and give the seconds to wait."""
        mine = self._by_address.get(network(address), deque())
        wait = max(
            _wait(mine, int(limit("intake_per_address")), now),
            _wait(self._all, int(limit("intake_together")), now),
        )
        if wait == 0:
            mine.append(now)
            self._all.append(now)
            self._by_address[network(address)] = mine
            self._by_address.move_to_end(network(address))
            while len(self._by_address) > int(limit("tracked_guessers")):
                self._by_address.popitem(last=False)
        return wait


def _wait(times: deque[float], most: int, now: float) -> float:
    hour = limit("intake_seconds")
    while times and times[0] <= now - hour:
        times.popleft()
    return 0.0 if len(times) < most else times[0] + hour - now


FORMS = ("complaint", "defect_report", "injury_card")
_NUMBER = {"complaint": "complaint_no", "defect_report": "report_no", "injury_card": "card_no"}
_DAY = {"complaint": "complaint_date", "defect_report": "report_day"}
_NOT_ASKED = {*_NUMBER.values(), *_DAY.values(), "line", "stratum", "weight", "product_code"}
"""What the server says itself, and what only the office knows."""
_WRITTEN = {
    "count": re.compile(r"\d{1,9}", re.ASCII),
    "number": re.compile(r"\d{1,9}([.]\d{1,4})?", re.ASCII),
}
_LONG = {"matter", "defect", "narrative", "remark"}
_SIDE = 1600  # pixels of a picture that is kept: a label can still be read
say = Texts("intake")


@dataclass(frozen=True)
class Field:
    """One question of a form, in one language."""

    name: str
    label: str
    help: str
    kind: str
    is_required: bool
    choices: Mapping[str, str]

    @property
    def is_long(self) -> bool:
        """Whether the answer is a few sentences."""
        return self.name in _LONG


@dataclass(frozen=True)
class Misfit:
    """What is wrong with one answer."""

    name: str
    label: str
    rule: str


def fields(sheet: str) -> tuple[Field, ...]:
    """The questions of a form: the columns of its sheet that a visitor can know."""
    lang = language()
    return tuple(
        Field(
            row["column"],
            row[lang],
            _or_empty(row[f"help_{lang}"]),
            row["kind"],
            row["required"] == "yes",
            choices(row["choices"]) if row["choices"] else {},
        )
        for row in sheet_columns(sheet)
        if row["column"] not in _NOT_ASKED
    )


def _or_empty(value: Any) -> str:
    return value if isinstance(value, str) else ""


def sheet_file(sheet: str, values: Mapping[str, str], *, number: str, day: dt.date) -> bytes:
    """One row of the sheet as a file that ``riskkit ingest`` reads, under its receipt number."""
    row = {**values, _NUMBER[sheet]: number}
    row |= {_DAY[sheet]: day.isoformat()} if sheet in _DAY else {}
    columns = sheet_columns(sheet)
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    lines.writerow([column["en"] for column in columns])
    lines.writerow([row.get(column["column"], "") for column in columns])
    return out.getvalue().encode()


def misfits(sheet: str, values: Mapping[str, str], *, day: dt.date) -> tuple[Misfit, ...]:
    """Everything that is wrong with the answers, at once: first as a form, then as the reader sees it."""
    found = list(_form_misfits(sheet, values))
    wrong = {one.name for one in found}
    asked = {one.name: one for one in fields(sheet)}
    clean = {name: text for name, text in values.items() if name not in wrong}
    for column, rule in dict.fromkeys(_reader_rules(sheet, clean, day)):
        names = [row["column"] for row in sheet_columns(sheet) if row["canonical"] == column]
        if wrong & {*names} or (not column and wrong):  # said already, as the form says it
            continue
        name = next((name for name in names if name in asked), column)
        found.append(Misfit(name, asked[name].label if name in asked else column, rule))
    return tuple(found)


def _form_misfits(sheet: str, values: Mapping[str, str]) -> Iterator[Misfit]:
    most = int(limit("intake_characters"))
    for one in fields(sheet):
        text = values.get(one.name, "")
        if not text:
            if one.is_required:
                yield Misfit(one.name, one.label, say("rule_required"))
            continue
        if len(text) > most:
            yield Misfit(one.name, one.label, say("rule_long", most=most))
        elif one.choices and text not in one.choices:
            yield Misfit(one.name, one.label, say("rule_choice"))
        elif one.kind in _WRITTEN and not _WRITTEN[one.kind].fullmatch(text):
            yield Misfit(one.name, one.label, say(f"rule_{one.kind}"))
        else:
            try:
                plain_text(text)
            except ValueError:
                yield Misfit(one.name, one.label, say("rule_hidden"))


def _reader_rules(sheet: str, values: Mapping[str, str], day: dt.date) -> list[tuple[str, str]]:
    source = next(one for one in SOURCES if one.name == sheet)
    with tempfile.TemporaryDirectory(prefix="riskkit-intake-") as folder:
        path = Path(folder) / "report.csv"
        path.write_bytes(sheet_file(sheet, values, number="0", day=day))
        lines = [
            row
            for one in read_records(file_facts(path), source, now=day)
            for row in one.quarantine.to_pylist()
        ]
    return [(str(line["column"] or ""), rule_text(line["rule_id"])) for line in lines]


def pictures_of(raws: Sequence[bytes]) -> tuple[list[bytes], list[str]]:
    """The pictures drawn anew as PNG, and what is wrong with the others."""
    most, megabytes = int(limit("intake_pictures")), limit("intake_picture_megabytes")
    if len(raws) > most:
        return [], [say("rule_pictures", most=most)]
    drawn, wrong = [], []
    for number, raw in enumerate(raws, start=1):
        if len(raw) > megabytes * 1_000_000:
            wrong.append(say("rule_picture_large", number=number, most=int(megabytes)))
            continue
        try:
            drawn.append(drawn_anew(raw, side=_SIDE))
        except ValueError:
            wrong.append(say("rule_picture", number=number))
    return drawn, wrong
