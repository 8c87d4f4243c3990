"""Where the notebooks and the cases are: in the checkout, or inside an installed package."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import riskkit
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, one_of, refuse, shown
from riskkit.foundation.inputs.toml_file import MAX_BYTES
from riskkit.workbench.runs.folders.ledger_places import CASES_VARIABLE
from riskkit.workbench.runs.folders.run_folders import check_name

home = shipped.home
_MOST_OWN = 200
"""More files than that are no folder of cases."""
_SOURCE_KINDS = {".py", ".csv", ".j2", ".html", ".css", ".js", ".toml", ".json", ".svg"}


@dataclass(frozen=True)
class CaseSource:
    """A case as a run takes it: named, read once, hashed."""

    case_id: str
    path: Path
    content: bytes
    is_shipped: bool
    pictures: tuple[tuple[str, bytes], ...] = ()

    @property
    def file_name(self) -> str:
        """What the file is called beside the report."""
        return f"{self.case_id}.toml"

    @property
    def sha256(self) -> str:
        """The hash of the file."""
        return hashlib.sha256(self.content).hexdigest()


def shipped_cases() -> tuple[str, ...]:
    """The ids of the cases that come with riskkit."""
    return tuple(sorted(path.stem for path in shipped.case_path("x").parent.glob("*.toml")))


def own_cases(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The files of the cases where a server was started, by id: what ``check`` accepts and is not shipped."""
    from riskkit.case.case_reading import load_case

    folder, found = environment.get(CASES_VARIABLE), dict[str, str]()
    for path in sorted(Path(folder).glob("*.toml"))[:_MOST_OWN] if folder else ():
        try:
            found.setdefault(load_case(safe_path(path.name, folder=Path(folder or ""))).id, str(path))
        except (InputFaults, OSError):  # another file, or a case that is not whole yet
            continue
    return {name: path for name, path in found.items() if name not in shipped_cases()}


def notebook(name: str) -> Path:
    """The file of a notebook that comes with riskkit."""
    path = home() / "notebooks" / f"{check_name(name, what='notebook')}.ipynb"
    if not path.is_file():
        known = sorted(one.stem for one in path.parent.glob("*.ipynb"))
        raise InputFaults("notebook", [Fault("notebook", shown(name), one_of(name, known))])
    return path


def find_case(case: str, *, folder: Path | None = None) -> CaseSource:
    """The case of an id that comes with riskkit, or of a ``.toml`` file."""
    if "/" in case or "\\" in case or case.endswith(".toml"):
        path = safe_path(case, folder=folder or Path.cwd())
        return CaseSource(path.stem, path, read_limited(path), False)
    path = shipped.case_path(check_name(case, what="case"))
    if not path.is_file():
        rule = RuleText("a .toml file, or {}", one_of(case, shipped_cases()))
        raise InputFaults("case", [Fault("case", shown(case), rule)])
    return CaseSource(case, path, path.read_bytes(), True)


def safe_path(text: str, *, folder: Path, what: str = "case", suffix: str = ".toml") -> Path:
    """A file of one kind that a person named, where its path does not lead anywhere else."""
    path = Path(text)
    if "\0" in text or ".." in path.parts:
        raise InputFaults(what, [Fault(what, shown(text), "a path without '..'")])
    root = path.parent if path.is_absolute() else folder
    full = folder / path
    try:
        rules = _path_faults(full, root, suffix)
    except (OSError, RuntimeError) as error:  # a name too long for the system, or links that go round
        rules = [RuleText("a path that can be followed ({})", type(error).__name__)]
    refuse(what, [Fault(what, shown(text), rule) for rule in rules])
    return full


def read_limited(path: Path) -> bytes:
    """The content of a file of at most 2 MB, however large it has grown since it was looked at."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        fault = Fault(path.name, shown(error.strerror), "a file that can be read")
        raise InputFaults(path.name, [fault]) from None
    if len(content) > MAX_BYTES:
        raise InputFaults(path.name, [Fault(path.name, "too large", RuleText("at most {} bytes", MAX_BYTES))])
    return content


def _path_faults(full: Path, root: Path, suffix: str) -> list[str]:
    """The rules that a path breaks."""
    if full.suffix != suffix or not full.is_file():
        return [RuleText("a {} file that exists", suffix)]
    if not full.resolve().is_relative_to(root.resolve()):
        return [RuleText("a file inside {}, not a link out of it", root)]
    return [RuleText("at most {} bytes", MAX_BYTES)] if full.stat().st_size > MAX_BYTES else []


@cache
def source_sha256() -> str:
    """One hash over riskkit's own source, so that a report can say which code made it."""
    package = Path(riskkit.__file__).resolve().parent
    total = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        inner = path.relative_to(package)
        if path.suffix in _SOURCE_KINDS and inner.parts[0] != "shipped" and path.is_file():
            total.update(f"{inner.as_posix()}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
