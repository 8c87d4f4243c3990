"""One letter for each enterprise: a risk notice where any finding needs one, otherwise a feedback letter."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import pandas as pd

from riskkit.application.enterprise.notices import DECISIONS
from riskkit.foundation.language import LANGS, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import number, percent
from riskkit.workbench.flows.enterprise.enterprise_study import EnterpriseStudy
from riskkit.workbench.flows.warnings.official import FilledDocument
from riskkit.workbench.flows.warnings.templating import filled, template_text

say = Texts("enterprise")
KINDS = DECISIONS[:2]
_FINDING = ("product", "lot", "found_on", "n_tested", "n_nonconforming", "rule_id")
_TREND = ("decision", "rate_first", "rate_last", "n_periods")


@dataclass(frozen=True)
class Letter:
    """The facts of one letter, without a language."""

    enterprise_id: str
    enterprise: str
    kind: str
    number: int
    issued_on: str
    findings: tuple[dict[str, Any], ...]
    requests: tuple[dict[str, Any], ...]
    open_duties: tuple[dict[str, Any], ...]
    trend: dict[str, Any] | None

    @property
    def day(self) -> dt.date:
        """The day of issue: what its words are is what was in force then."""
        return dt.date.fromisoformat(self.issued_on[:10])

    @property
    def sha256(self) -> str:
        """Of everything it says."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, default=str).encode()).hexdigest()


def letters_of(study: EnterpriseStudy) -> tuple[Letter, ...]:
    """The letters in the order of the file; an enterprise without a finding that needs one gets none."""
    rows = study.findings.table.join(study.decided[["decision", "rule_id"]])
    rows = rows[rows["decision"].isin(KINDS)]
    asked = study.requests.reset_index(names="row")
    places = asked.groupby("row").groups
    duties = _open_duties(study)
    letters: list[Letter] = []
    for key, group in rows.groupby("enterprise_id", sort=False):
        mine = asked.loc[[at for row in group.index for at in places[row]]]
        letters.append(_letter(study, group, number=len(letters) + 1, asked=mine, duties=duties.get(key)))
    return tuple(letters)


def _open_duties(study: EnterpriseStudy) -> dict[Any, pd.DataFrame]:
    """Enterprise → its duties that are overdue or that nothing shows."""
    if study.ledger.empty:
        return {}
    is_open = study.ledger["decision"].isin(["overdue", "unproven"])
    return dict(list(study.ledger[is_open].groupby("enterprise_id")))


def _letter(
    study: EnterpriseStudy,
    rows: pd.DataFrame,
    *,
    number: int,
    asked: pd.DataFrame,
    duties: pd.DataFrame | None,
) -> Letter:
    key = str(rows["enterprise_id"].iloc[0])
    kind = next(one for one in KINDS if (rows["decision"] == one).any())
    # of one request that several findings make, the earliest day counts
    first = asked.sort_values("due_on", kind="stable").drop_duplicates("request")
    return Letter(
        key, str(study.names[key]), kind, number, study.on.isoformat(),
        tuple(records(rows[[name for name in _FINDING if name in rows]])),
        tuple(records(first[["request", "unit", "due_on", "status", "source_id"]])),
        () if duties is None else tuple(records(duties[["duty", "decision", "due_on"]])),
        {name: study.trend.at[key, name] for name in _TREND} if key in study.trend.index else None,
    )  # fmt: skip


def filled_letter(letter: Letter, *, issuer: str) -> FilledDocument:
    """A letter that only waits for its format."""
    gap = "、" if language() == "zh" else ", "
    values: dict[str, str | list[str]] = {
        "enterprise": letter.enterprise,
        "findings": list(_finding_lines(letter)),
        "requests": list(_request_lines(letter)),
        "duties": list(_duty_lines(letter)),
        "trend": _trend_line(letter),
        "sources": gap.join(_sources(letter)),
        "issuer": issuer,
        "issued_on": letter.issued_on,
        "reply": say("reply"),
    }
    lines = filled(template_text(letter.kind), values, name=letter.kind)
    code = say("number", year=letter.issued_on[:4], n=letter.number)
    return FilledDocument(lines, language(), issuer, code, "", say(letter.kind))


@cache
def _words(table: str, code: str, *, day: dt.date) -> Mapping[str, Mapping[str, str]]:
    """Language → code → words of a table on a day; read once, for thousands of letters ask."""
    rows = standards.table(table, on=day).drop_duplicates(code)
    return MappingProxyType({lang: dict(zip(rows[code], rows[lang], strict=True)) for lang in LANGS})


def _finding_lines(letter: Letter) -> Iterator[str]:
    words = _words("enterprise_notice_rules", "test", day=letter.day)[language()]
    for row in letter.findings:
        has_lot = "lot" in row and pd.notna(row["lot"])
        goods = say("of_lot", product=row["product"], lot=row["lot"]) if has_lot else str(row["product"])
        counts = ""
        if pd.notna(row["n_tested"]) and pd.notna(row["n_nonconforming"]):
            n, bad = number(row["n_tested"]), number(row["n_nonconforming"])
            counts = say("counts", n=n, bad=bad)
        yield say("finding", goods=goods, day=row["found_on"], counts=counts, why=words[row["rule_id"]])


def _request_lines(letter: Letter) -> Iterator[str]:
    words = _words("enterprise_requests", "request", day=letter.day)[language()]
    for row in letter.requests:
        if row["unit"] == "at_once":
            yield words[row["request"]]
            continue
        key = "by_day" if pd.notna(row["due_on"]) else "by_no_day"
        yield say(key, what=words[row["request"]], day=str(row["due_on"])[:10])


def _duty_lines(letter: Letter) -> Iterator[str]:
    words = _words("enterprise_duties", "duty", day=letter.day)[language()]
    for row in letter.open_duties:
        yield say(f"duty_{row['decision']}", what=words[row["duty"]], day=str(row["due_on"]))


def _trend_line(letter: Letter) -> str:
    if letter.trend is None or letter.trend["decision"] == "unknown":
        return ""
    first, last = (percent(letter.trend[name]) for name in ("rate_first", "rate_last"))
    word = say(f"trend_{letter.trend['decision']}")
    return say("trend_line", n=letter.trend["n_periods"], first=first, last=last, word=word)


def _sources(letter: Letter) -> Iterator[str]:
    """The documents that the requests rest on; what is house the foot of the letter names."""
    for name in dict.fromkeys(
        row["source_id"] for row in letter.requests if row["source_id"] != "riskkit_house"
    ):
        yield str(standards.source(name)["document"])
