"""A notebook that is about no case: checked as strictly, run the same way, with what it read on record."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import Fault, refuse, shown, tried
from riskkit.workbench.runs import parameters as params
from riskkit.workbench.runs.folders.resources import CaseSource
from riskkit.workbench.runs.folders.run_folders import NOTEBOOKS
from riskkit.workbench.runs.plans import RunPlan, make_plan, read_notebook

FOLDER = NOTEBOOKS
"""Where its reports stand, beside the folders of the cases."""
SAMPLES = ("register_sample", "plan_sample")
_PATH = "[path]"
_SERVER = re.compile(r"(postgresql|sqlite)(\+\w+)?://")  # a ledger's address, not a file


def alone_plan(notebook: Path, given: Mapping[str, Any], *, folder: Path, **options: Any) -> RunPlan:
    """The plan of a notebook without a case."""
    known = params.declared(read_notebook(notebook), name=notebook.name)
    rule = "a notebook without a case; riskkit assess takes a case"
    is_alone = all(one.name != "case" for one in known)
    refuse("notebook", [] if is_alone else [Fault("notebook", shown(notebook.stem), rule)])
    faults, found = [], dict(given)
    for one in known:
        if one.help.endswith(_PATH) and isinstance(given.get(one.name), str):
            path = _path(given[one.name], one, folder)
            rule = "a file or folder that exists"
            faults += [] if path is not None else [Fault(one.name, shown(given[one.name]), rule)]
            found[one.name] = path
    plan = tried(faults, partial(make_plan, notebook, _source(notebook, {}), _given(found), **options))
    refuse("report", faults)
    assert plan is not None
    files = {name: found[name] for name in found if _is_read(name, known, plan)}
    return make_plan(notebook, _source(notebook, files), found, **options)


def _given(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value is not None}


def is_alone(plan: RunPlan) -> bool:
    """Whether a plan is about no case."""
    return plan.case.case_id == FOLDER and "case" not in plan.parameters


def _path(text: str, parameter: params.Parameter, folder: Path) -> str | None:
    """The name of a made table or a server as it is; a path from where somebody stands; None for nothing."""
    if text == parameter.default or text in ("", *SAMPLES) or _SERVER.match(text) or _is_example(text):
        return text
    path = (folder / text).absolute()
    try:
        return str(path) if "\0" not in text and path.exists() else None
    except OSError:
        return None


def _is_example(text: str) -> bool:
    """Whether a name is that of a shipped example."""
    folder = shipped.home() / "data" / "examples"
    return text in {
        path.stem for path in folder.glob("*.csv")
    }  # not asked as a file: names may be of any length


def _is_read(name: str, known: tuple[params.Parameter, ...], plan: RunPlan) -> bool:
    is_path = any(one.name == name and one.help.endswith(_PATH) for one in known)
    return is_path and Path(str(plan.parameters[name])).is_absolute()


def _source(notebook: Path, files: Mapping[str, str]) -> CaseSource:
    """What stands in the place of the case: a record of what the report was made from, with digests."""
    lines = [
        "# What this report was made from: SHA-256 of each file, and of the manifest of a register.",
        "[made]",
    ]
    lines += [f"{json.dumps(name)} = {json.dumps(sha)}" for name, sha in _made().items()]
    lines += ["[given]"]
    lines += [
        f"{json.dumps(name)} = {json.dumps(_digest(Path(path)))}" for name, path in sorted(files.items())
    ]
    return CaseSource(FOLDER, notebook.with_name(f"{FOLDER}.toml"), ("\n".join(lines) + "\n").encode(), False)


@cache
def _made() -> dict[str, str]:
    folder = shipped.home() / "data"
    files = [path for name in SAMPLES for path in sorted((folder / name).glob("*.csv"))]
    return {path.relative_to(folder).as_posix(): _digest(path) for path in files}


def _digest(path: Path) -> str:
    """Of a file; of a register its manifest, which names all that is in it."""
    file = path / "manifest.json" if path.is_dir() else path
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""
