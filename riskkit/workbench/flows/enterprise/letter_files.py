"""Letters by the thousand: written side by side, with progress, and taken up again where they stopped."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.inputs.part_files import put_files, sweep
from riskkit.foundation.language import in_language
from riskkit.workbench.flows.enterprise.letters import Letter, filled_letter
from riskkit.workbench.flows.warnings.official import in_format

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
