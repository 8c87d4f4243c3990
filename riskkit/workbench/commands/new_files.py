"""``riskkit new``: annotated starters of the files that people write, in one language."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import click

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.foundation.inputs.part_files import put_files
from riskkit.foundation.language import in_language, language
from riskkit.foundation.numbers.toml_record import toml_text
from riskkit.foundation.records.evidence import given_columns
from riskkit.foundation.standards import glossary, standards
from riskkit.foundation.standards.tables import records
from riskkit.warning.profiles import profile_names
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.words.messages import answer

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


def make_new(kind: str, name: str, **given: Any) -> int:
    """Write a starter and say where it is."""
    own = f"{name}-{kind}" if kind == "what-ifs" else name  # beside the case, which has its name
    out, lang = given["out"] or Path(f"{own}.toml"), given["lang"]
    day = dt.datetime.now(dt.UTC).date()
    content = in_language(lang, starter, kind, name, day=day).encode()
    refuse("new", [] if out.suffix == ".toml" else [Fault("--out", shown(str(out)), "*.toml")])
    put_files(out.parent, {out.name: content}, is_forced=given.get("force", False))
    if given["is_json"]:
        answer({"command": "new", "ok": True, "exit_code": 0, "kind": kind, "files": [str(out.absolute())]})
    else:
        click.echo(say(f"new_{kind}", path=out, name=name))
    return 0


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
    if name == "COLUMNS":
        return ", ".join(given_columns())
    kind = name.lower()
    labels = ((code, glossary.label(kind, code)) for code in glossary.codes(kind))
    words = (code if label == code.replace("_", " ") else f"{code} ({label})" for code, label in labels)
    return ("；" if language() == "zh" else "; ").join(words)


def _profile(name: str) -> str:
    """The default profile as a file of its own, to be changed."""
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
