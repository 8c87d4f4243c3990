"""Check everything that is data: standard tables, glossary, notebooks and cases."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from riskkit.foundation.inputs.faults import Fault, InputFaults
from riskkit.foundation.language import LANGS
from riskkit.foundation.shipped import home
from riskkit.words.catalogue import catalogue
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.defining import Answer, argument, command, one_line, wants_json
from riskkit.workbench.runs.folders import resources
from riskkit.workbench.words.rules import fault_line

if TYPE_CHECKING:
    from riskkit.assessment.facts.case_file import Text


@command(argument("cases", "[CASE]...", nargs=-1))
def check(cases: tuple[str, ...]) -> Answer:
    """Check what is named, or everything that ships; a line is shown as soon as it is known."""
    found, n_faults = [], 0
    for one in check_all(cases):
        rows = [asdict(fault) for fault in one.faults]
        asked = [{"zh": question.zh, "en": question.en} for question in one.questions]
        found.append({"what": one.what, "faults": rows, "questions": asked})
        n_faults += len(rows)
        for line in () if wants_json() else _lines(one, rows):
            click.echo(one_line(line))
    last = say("check_bad", n=n_faults) if n_faults else say("check_good", n=len(found))
    return Answer({"checked": found}, [last], code=(2 if cases else 1) if n_faults else 0)


def _lines(one: Checked, rows: Sequence[dict[str, str]]) -> list[str]:
    first = one.what if rows else say("checked", what=one.what)
    faults = [f"  {fault_line(row)}" for row in rows]
    return [first, *faults, *(f"  ? {question.say()}" for question in one.questions)]


@dataclass(frozen=True)
class Checked:
    """One thing that was checked."""

    what: str
    faults: tuple[Fault, ...]
    questions: tuple[Text, ...] = ()


def check_all(cases: Sequence[str] = ()) -> Iterator[Checked]:
    """Check the given cases; without any, everything that comes with riskkit."""
    if not cases:
        yield from _check_tables()
        yield from _check_notebooks()
    for case in cases or resources.shipped_cases():
        kind, check = _kind_of(case) if case.endswith(".toml") else ("case", _check_case)
        yield _checked(f"{kind} {case}", partial(check, case))


def _kind_of(file: str) -> tuple[str, Callable[[str], object]]:
    """What a file is, by the keys that only files of its kind have; a case if it cannot be read."""
    from riskkit.foundation.inputs.toml_file import read_toml

    try:
        keys = set(read_toml(resources.safe_path(file, folder=Path.cwd())).data)
    except (InputFaults, OSError):
        return "case", _check_case
    return next((found for needed, found in _KINDS.items() if needed in keys), ("case", _check_case))


def _check_profile(file: str) -> None:
    from riskkit.warning.profiles import load_profile

    load_profile(file)


def _check_mapping(file: str) -> None:
    from riskkit.monitoring.sources.mapping import read_mapping

    read_mapping(Path(file))


def _check_study(file: str) -> None:
    from riskkit.workbench.reports.methods.example_files import open_experts
    from riskkit.workbench.reports.methods.expert_report import study_experts

    study_experts(open_experts(file))


def _check_what_ifs(file: str) -> None:
    """The measures, against their case: a shipped one, or the file of its id beside."""
    from riskkit.assessment.what_if.what_if_file import load_what_ifs
    from riskkit.foundation.inputs.toml_file import read_toml
    from riskkit.workbench.runs.planning import lawful_case

    path, opened = Path(file), read_toml(file)
    wanted = str(opened.data.get("case", ""))
    beside = path.parent / f"{wanted}.toml"
    folder = path.absolute().parent
    _, case = lawful_case(f"{wanted}.toml" if beside.is_file() else wanted, folder=folder)
    load_what_ifs(file, case)


_KINDS: dict[str, tuple[str, Callable[[str], object]]] = {
    "profile": ("profile", _check_profile),
    "columns": ("mapping", _check_mapping),
    "what_ifs": ("measures to compare", _check_what_ifs),
    "experts": ("study", _check_study),
}


def _checked(what: str, check: Callable[[], object]) -> Checked:
    try:
        found = check()
    except InputFaults as error:
        return Checked(what, error.faults)
    except (ValueError, KeyError, LookupError, OSError) as error:
        return Checked(what, (Fault(what, f"{type(error).__name__}: {error}", "readable"),))
    return Checked(what, (), found if isinstance(found, tuple) else ())


def _check_case(case: str) -> tuple[Text, ...]:
    """What experience asks of a case that is lawful."""
    from riskkit.case.experience_sentences import questions_at_best
    from riskkit.workbench.runs.planning import lawful_case

    return questions_at_best(lawful_case(case, folder=Path.cwd())[1])


def _check_tables() -> Iterator[Checked]:
    from riskkit.foundation.standards import risk_matrices, standards
    from riskkit.warning.profiles import profile, profile_names

    for name in standards.names():
        yield _checked(f"table {name}", partial(standards.all_rows, name))
    for name in risk_matrices.matrix_names():
        yield _checked(f"matrix {name}", partial(risk_matrices.risk_matrix, name))
    for name in profile_names():
        yield _checked(f"profile {name}", partial(profile, name))
    yield Checked("glossary", tuple(_unworded()))


def _unworded() -> Iterator[Fault]:
    """Words that stand in one language only."""
    from riskkit.foundation.standards import standards

    text = (standards.folder() / "glossary.csv").read_text(encoding="utf-8")
    for line, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        for lang in LANGS:
            if not (row.get(lang) or "").strip():
                yield Fault(f"glossary.csv:{line}:{lang}", "nothing", "a word in every language")
    texts = ((f"{area}.{key}", one) for area, of in catalogue().items() for key, one in of.items())
    for key, words in texts:
        for lang in LANGS:
            if not words[lang].strip():
                yield Fault(f"catalogue.csv {key}:{lang}", "nothing", "a text in every language")


def _check_notebooks() -> Iterator[Checked]:
    for path in sorted((home() / "notebooks").glob("*.ipynb")):
        yield _checked(f"notebook {path.stem}", partial(_check_notebook, path))


def _check_notebook(path: Path) -> None:
    from riskkit.workbench.runs.parameters import declared
    from riskkit.workbench.runs.plans import read_notebook

    declared(read_notebook(path), name=path.name)
