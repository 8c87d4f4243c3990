"""One letter for each enterprise: a risk notice where any finding needs one, otherwise a feedback letter."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from riskkit.application.enterprise.notices import DECISIONS
from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.inputs.part_files import put_files, sweep
from riskkit.foundation.language import LANGS, in_language, language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.tables import records
from riskkit.words.catalogue import Texts
from riskkit.words.numbers import number, percent
from riskkit.workbench.flows.enterprise.enterprise_study import EnterpriseStudy
from riskkit.workbench.flows.warnings.official import FilledDocument, filled, in_format, template_text

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


FORMATS = ("html", "docx")
LIST = "letters.csv"
_HEADS = ("enterprise_id", "kind", "lang", "letter_sha256", "file", "file_sha256")
_TOGETHER = 100
"""Letters that are put in the folder at once, and then in the list: what a killed run loses at most."""


@dataclass(frozen=True)
class LetterFile:
    """A line of the list of letters."""

    enterprise_id: str
    kind: str
    lang: str
    letter_sha256: str
    file: str
    file_sha256: str


@dataclass(frozen=True)
class _Task:
    """A letter in one language; a worker makes its files."""

    letter: Letter
    lang: str
    issuer: str
    formats: tuple[str, ...]

    @property
    def names(self) -> dict[str, str]:
        """Format → file: a name that no id can turn into a path, and that two ids never share."""
        key = self.letter.enterprise_id
        plain = re.sub(r"[^\w-]+", "_", key)[:40]
        return {one: f"{plain}-{_sha(key.encode())[:8]}.{self.lang}.{one}" for one in self.formats}

    @property
    def facts_sha256(self) -> str:
        return _sha(f"{self.letter.sha256} {self.issuer}".encode())

    def lines(self, files: Mapping[str, bytes]) -> list[LetterFile]:
        """Its lines of the list."""
        letter, facts = self.letter, self.facts_sha256
        return [
            LetterFile(letter.enterprise_id, letter.kind, self.lang, facts, name, _sha(content))
            for name, content in files.items()
        ]


def write_letters(
    letters: Sequence[Letter],
    out: Path,
    *,
    issuer: str,
    langs: Sequence[str] = ("zh",),
    formats: Sequence[str] = FORMATS,
    jobs: int = 1,
    resume: bool = False,
    watch: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[LetterFile, ...]:
    """Write every letter in each language and format, and ``letters.csv``, their list with hashes.

    With `resume`, a letter whose files are there and whose facts are the same is not made again. `watch` is
    called with the number done and the number of all. A file that is not one of ours is never replaced.
    """
    refuse(
        "letters",
        [Fault("format", shown(one), one_of(one, FORMATS)) for one in formats if one not in FORMATS],
    )
    sweep(out)
    before = _listed(out)
    tasks = [_Task(letter, lang, issuer, tuple(formats)) for letter in letters for lang in langs]
    there = {place: _there(out, before, task) for place, task in enumerate(tasks) if resume}
    done = {place: lines for place, lines in there.items() if lines}
    todo = [place for place in range(len(tasks)) if place not in done]
    watch(len(done), len(tasks))
    with _pool(jobs) as run:
        blocks = [todo[start : start + _TOGETHER] for start in range(0, len(todo), _TOGETHER)]
        ahead = run(_made, [tasks[one] for one in todo[:_TOGETHER]])
        for places, following in zip(blocks, [*blocks[1:], []], strict=False):
            files: dict[str, bytes] = {}
            for place, made in zip(places, ahead, strict=True):
                files |= made
                done[place] = tasks[place].lines(made)
                watch(len(done), len(tasks))
            # the next are made while these are put: together, as each putting looks through the folder
            ahead = run(_made, [tasks[one] for one in following])
            put_files(out, files, ours=[before[name].file_sha256 for name in files if name in before])
            before |= {line.file: line for place in places for line in done[place]}
            _write_list(out, before.values())
    return tuple(line for place in sorted(done) for line in done[place])


@contextmanager
def _pool(jobs: int) -> Iterator[Callable[..., Iterator[dict[str, bytes]]]]:
    if jobs == 1:
        yield map
        return
    # a fresh process, for a copied one may hold locks of the threads of a notebook
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield partial(pool.map, chunksize=max(1, _TOGETHER // (4 * jobs)))


def _made(task: _Task) -> dict[str, bytes]:
    document = in_language(task.lang, filled_letter, task.letter, issuer=task.issuer)
    return {name: in_format(document, one) for one, name in task.names.items()}


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _listed(out: Path) -> dict[str, LetterFile]:
    path = out / LIST
    if not path.is_file():
        return {}
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    is_ours = all(tuple(row) == _HEADS and None not in row.values() for row in rows)
    refuse("letters", [] if is_ours else [Fault(LIST, "another table", ", ".join(_HEADS))])
    return {row["file"]: LetterFile(**row) for row in rows}


def _there(out: Path, before: Mapping[str, LetterFile], task: _Task) -> list[LetterFile]:
    """The lines of a letter that need not be made again; none when anything is missing or changed."""
    lines = [before[name] for name in task.names.values() if name in before and (out / name).is_file()]
    is_same = len(lines) == len(task.formats) and all(
        line.letter_sha256 == task.facts_sha256 and _sha((out / line.file).read_bytes()) == line.file_sha256
        for line in lines
    )
    return lines if is_same else []


def _write_list(out: Path, lines: Iterable[LetterFile]) -> None:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_HEADS)
    rows.writerows([getattr(line, name) for name in _HEADS] for line in lines)
    put_files(out, {LIST: text.getvalue().encode()}, is_forced=True)
