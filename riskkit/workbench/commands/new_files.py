"""``riskkit new``, ``template`` and ``sample``: files to fill and made registers to try, in one language."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import click

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown
from riskkit.foundation.inputs.part_files import put_files
from riskkit.foundation.language import language
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.defining import Answer, argument, command
from riskkit.workbench.commands.options import FORCE, file_option, folder_option, option_shown

KINDS = ("case", "profile", "study", "mapping", "what-ifs")
FILL = {"zh": "填写", "en": "FILL"}
"""What stands in the note of every line that has to be filled."""
_NOTE = re.compile(r"# (?P<zh>[^#¦\n]*) ¦ (?P<en>.*)$", re.MULTILINE)
_LIST = re.compile(r"@([A-Z_]+)@")
_NAMES = {
    "case": r"[a-z0-9][a-z0-9-]{0,63}",
    "profile": r"[a-z0-9][a-z0-9_-]{0,63}",
    "study": r"[a-z0-9][a-z0-9_-]{0,63}",
    "mapping": r"[a-z][a-z0-9_]{0,39}",
    "what-ifs": r"[a-z0-9][a-z0-9-]{0,63}",
}
_RULES = {
    "case": "1 to 64 of a–z, 0–9 and -, first a letter or digit",
    "profile": "1 to 64 of a–z, 0–9, - and _, first a letter or digit",
    "study": "1 to 64 of a–z, 0–9, - and _, first a letter or digit",
    "mapping": "1 to 40 of a–z, 0–9 and _, first a letter",
    "what-ifs": "1 to 64 of a–z, 0–9 and -, first a letter or digit",
}


@command(
    argument("kind", type=click.Choice(KINDS)),
    argument("name", "ID"),
    file_option("file", "--out", "out"),
    FORCE,
)
def make_new(kind: str, name: str, *, out: Path | None, force: bool) -> Answer:
    """Write a starter and say where it is."""
    own = f"{name}-{kind}" if kind == "what-ifs" else name  # beside the case, which has its name
    out = out or Path(f"{own}.toml")
    content = starter(kind, name, day=dt.datetime.now(dt.UTC).date()).encode()
    refuse("new", [] if out.suffix == ".toml" else [Fault("--out", shown(str(out)), "a .toml file")])
    put_files(out.parent, {out.name: content}, is_forced=force)
    facts = {"kind": kind, "files": [str(out.absolute())]}
    return Answer(facts, [say(f"new_{kind}", path=out, name=name)])


def starter(kind: str, name: str, *, day: dt.date) -> str:
    """An annotated file to start from."""
    refuse("new", [] if kind in KINDS else [Fault("KIND", shown(kind), one_of(str(kind), KINDS))])
    fine = re.fullmatch(_NAMES[kind], name) is not None
    refuse("new", [] if fine else [Fault("ID", shown(name), _RULES[kind])])
    if kind == "profile":
        return _profile(name)
    file = resources.files("riskkit.workbench.commands") / "starters" / f"{kind}.toml"
    text = _NOTE.sub(lambda note: f"# {note[language()]}", file.read_text(encoding="utf-8"))
    values = {"ID": name, "LANG": language(), "DAY": day.isoformat(), "YEAR": str(day.year)}
    return _LIST.sub(lambda found: values.get(found[1]) or _listed(found[1]), text)


def _listed(name: str) -> str:
    """The codes that a field may hold, with their words."""
    from riskkit.foundation.records.evidence import given_columns
    from riskkit.foundation.standards import glossary

    if name == "COLUMNS":
        return ", ".join(given_columns())
    kind = name.lower()
    labels = ((code, glossary.label(kind, code)) for code in glossary.codes(kind))
    words = (code if label == code.replace("_", " ") else f"{code} ({label})" for code, label in labels)
    return ("；" if language() == "zh" else "; ").join(words)


def _profile(name: str) -> str:
    """The default profile as a file of its own, to be changed."""
    from riskkit.foundation.numbers.toml_record import toml_text
    from riskkit.foundation.standards import standards
    from riskkit.foundation.standards.tables import records
    from riskkit.warning.profiles import profile_names

    default = profile_names()[0]
    tables = {part: standards.table(part) for part in ("profiles", "profile_cells", "profile_raises")}
    rows = {
        part: [_stated(row) for row in records(table[table["profile"] == default])]
        for part, table in tables.items()
    }
    head: dict[str, Any] = {"name": name} | rows["profiles"][0]
    head["factors"] = str(head["factors"]).split("|")
    head |= {"zh": f"{name}（由 {default} 改写）", "en": f"{name} (from {default})"}
    data = {"profile": head, "cells": rows["profile_cells"], "raises": rows["profile_raises"]}
    notes = {
        "zh": f"# 由本项目默认方案 {default} 复制：改动单元格的级别和说明。\n"
        "# 级别不得随事实变坏而降低，每种组合都须有级别；否则拒绝并指明行号。\n"
        f"# 用法：riskkit assess 案例.toml --profile {name}.toml\n\n",
        "en": f"# A copy of the default profile {default}: change the levels of cells and the notes.\n"
        "# A worse fact must never give a milder level, and every combination needs one.\n"
        f"# Use: riskkit assess case.toml --profile {name}.toml\n\n",
    }
    return notes[language()] + toml_text({key: value for key, value in data.items() if value})


def _stated(row: dict[str, Any]) -> dict[str, Any]:
    """A row of a table without what is empty or belongs to the shipped profile."""
    clean: Callable[[Any], bool] = lambda value: value == value and value not in ("", None)  # noqa: E731, PLR0124
    return {key: _plain(value) for key, value in row.items() if key not in _SHIPPED and clean(value)}


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


_SHIPPED = {"profile", "valid_from", "valid_to"}


_FORM = option_shown("form", "--format", "form", type=click.Choice(("csv", "xlsx")), default="xlsx")


@command(argument("name"), _FORM, file_option("file", "--out", "out"), FORCE)
def make_template(name: str, *, form: str, out: Path | None, force: bool) -> Answer:
    """Write the template of a sheet and say where it is."""
    from riskkit.monitoring.sources.sheets.sheets import sheet_names
    from riskkit.monitoring.sources.sheets.templates import write_template

    out = out or Path(f"{name}.{form}")
    faults = []
    if name not in sheet_names():
        faults.append(Fault("NAME", shown(name), one_of(name, sheet_names())))
    if out.is_dir() or out.suffix not in ("", f".{form}"):
        faults.append(Fault("--out", shown(str(out)), RuleText("*.{}", form)))
    refuse("template", faults)
    return _written(write_template(name, out, form=form, is_forced=force), sheet=name)


@command(
    option_shown("rows", "--rows", type=click.IntRange(1, 10_000_000), default=200_000),
    option_shown("seed", "--seed", type=click.IntRange(0), default=1),
    folder_option("folder", "--out", "out", required=True),
)
def make_sample(*, rows: int, seed: int, out: Path) -> Answer:
    """Write a made register and say what it holds."""
    import numpy as np

    from riskkit.monitoring.sources.sample_files import write_sample
    from riskkit.monitoring.sources.sample_register import FEWEST_ROWS, sample_register

    rule = RuleText(">= {}", FEWEST_ROWS)
    refuse("sample", [Fault("--rows", shown(rows), rule)] if rows < FEWEST_ROWS else [])
    made = sample_register(rows, rng=np.random.default_rng(seed), lang=language())
    how = f"riskkit sample --rows {rows} --seed {seed} --lang {language()}"
    return _written(write_sample(made, out, how=how), rows=rows, seed=seed)


def _written(files: Sequence[Path], **facts: Any) -> Answer:
    paths = [str(path) for path in files]
    return Answer({"files": paths, **facts}, [say("written", file=path) for path in paths])
