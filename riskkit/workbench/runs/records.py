"""What a run leaves on record: its result, its manifest and the hash of all that decided it."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import riskkit
from riskkit.workbench.runs import parameters as params
from riskkit.workbench.runs.folders import resources
from riskkit.workbench.runs.folders.run_folders import MANIFEST, canonical, digests, sealed

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from riskkit.workbench.runs.plans import RunPlan

RESULT_MIME = "application/vnd.riskkit.result+json"
RESULT, EXECUTED, REASON = "result.json", "executed.ipynb", "reason.json"
_LIBRARIES = ("jupyter_client", "ipykernel", "nbclient", "numpy", "pandas", "papermill", "plotly", "scipy")


def read_result(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """The result that the notebook published."""
    outputs = [one for cell in notebook["cells"] for one in cell.get("outputs", [])]
    found = [one["data"][RESULT_MIME] for one in outputs if RESULT_MIME in one.get("data", {})]
    if len(found) != 1 or not isinstance(found[0], dict):
        raise ValueError(f"the notebook must publish exactly one result; it published {len(found)}")
    return dict(found[0])


def notebook_bytes(notebook: NotebookNode) -> bytes:
    """A notebook as the bytes of its file, Chinese text readable.

    As `nbformat.writes` has them, but without a copy of it all: its texts are lists of lines then.
    """
    from nbformat.v4 import rwbase

    lines = rwbase.strip_transient(rwbase.split_lines(notebook))
    text = json.dumps(lines, ensure_ascii=False, sort_keys=True, indent=1)
    return f"{text}\n".encode(errors="replace")


@functools.cache
def versions() -> Mapping[str, str]:
    """The libraries that a report depends on most, and Python."""
    found = {one.metadata["Name"]: one.version for one in map(_distribution, _LIBRARIES) if one is not None}
    return {"python": platform.python_version()} | found


def read_once() -> None:
    """Read what a report says of its program, and what every page is made with."""
    from riskkit.workbench.document import html

    versions()
    resources.source_sha256()
    html.read_once()


def _distribution(name: str) -> importlib.metadata.Distribution | None:
    try:
        return importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _inputs(plan: RunPlan) -> dict[str, Any]:
    return {
        "case": plan.case.case_id,
        "case_sha256": plan.case.sha256,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in plan.input_files.items()},
        "notebook": plan.notebook.stem,
        "notebook_sha256": hashlib.sha256(plan.notebook.read_bytes()).hexdigest(),
        "parameters": params.as_json(plan.parameters),
        "lang": plan.lang,
        "formats": sorted(plan.formats),
        "plotly_js": plan.plotly_js,
        "engine": plan.engine,
        "riskkit": {"version": riskkit.__version__, "source_sha256": resources.source_sha256()},
        "libraries": dict(versions()),
    }


def input_hash(plan: RunPlan) -> str:
    """One hash over all that decides what the report says: case, notebook, parameters, code, libraries."""
    try:
        return hashlib.sha256(canonical(_inputs(plan))).hexdigest()
    except OSError:
        return "unreadable"


def manifest(
    plan: RunPlan, files: Mapping[str, bytes], *, started: dt.datetime, seconds: Mapping[str, Any]
) -> dict[str, Any]:
    """Who made this report from what, when, and how long it took; the only place that holds times."""
    return sealed(
        {
            "schema": "riskkit.manifest/1",
            "input_hash": input_hash(plan),
            "inputs": _inputs(plan),
            "seed": plan.parameters.get("seed"),
            "files": digests(files),
            "started_at": started.isoformat(timespec="seconds"),
            "seconds": dict(seconds),
        }
    )


def is_complete(plan: RunPlan) -> bool:
    """Whether a complete report of exactly these inputs stands in its place."""
    try:
        found = json.loads((plan.folder / MANIFEST).read_bytes())
        files = found["files"]
        return found["input_hash"] == input_hash(plan) and all(
            hashlib.sha256((plan.folder / name).read_bytes()).hexdigest() == files[name]["sha256"]
            for name in files
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
