"""The laws of the house as functions: sources in, faults out. `test_house.py` applies them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.workbench.runs import parameters

# The policy's streams; which may import which is written down in pyproject.toml (import-linter).
ROOMS = ("foundation", "monitoring", "assessment", "warning", "case", "response", "application")
STREAMS = ROOMS[1:]
OUTDOORS = (
    "monitoring/sources",
    "monitoring/exchange",
)  # the doors of the streams: files may be touched there
FORBIDDEN_WORDS = {"util", "utils", "helper", "helpers", "common", "base", "manager", "misc", "v2"}
LONGEST_BODY, LONGEST_FILE, MOST_POSITIONAL, LONGEST_CELL, MOST_FILES = 40, 400, 3, 12, 15

IMPURE_CALLS = re.compile(
    r"(print|open|input|exec|eval|.*\.(now|utcnow|today|fromtimestamp|write_text|write_bytes|read_text|read_bytes"
    r"|to_csv|to_parquet|read_csv|read_parquet|urlopen|unlink|mkdir|rename)"
    r"|time\.\w+|os\.\w+|random\.\w+|secrets\.\w+|subprocess\.\w+|(np|numpy)\.random\.(?!Generator)\w+|.*default_rng)"
)
IMPURE_IMPORTS = {
    "random",
    "secrets",
    "subprocess",
    "socket",
    "sqlite3",
    "requests",
    "httpx",
    "plotly",
    "logging",
}
NOTEBOOK_WORDS = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.AsyncFor, ast.While, ast.If, ast.IfExp,
    ast.Try, ast.TryStar, ast.Match, ast.comprehension,
)  # fmt: skip

Sources = Mapping[str, str]
AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef


def read_package(folder: Path) -> dict[str, str]:
    """Every Python file of a package: path from its folder → source."""
    files = sorted(folder.rglob("*.py"))
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}


def room(path: str) -> str:
    """The first folder of a path."""
    return path.split("/", maxsplit=1)[0]


def _module_file(name: str, sources: Sources) -> str | None:
    """The file of a dotted name inside riskkit; of the longest part of it that is one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        stem = "/".join(parts[:length])
        for path in (f"{stem}.py", f"{stem}/__init__.py"):
            if path in sources:
                return path
    return None


def arrows(path: str, sources: Sources) -> set[str]:
    """Which files of riskkit a file imports, wherever in it the import stands."""
    found: set[str | None] = set()
    for node in ast.walk(ast.parse(sources[path])):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = ["riskkit", *path.split("/")]
            stem = ".".join(package[: -node.level]) if node.level else ""
            start = ".".join(filter(None, [stem, node.module]))
            names = [f"{start}.{alias.name}" for alias in node.names]
        for name in names:
            if name.startswith("riskkit."):
                found.add(_module_file(name.removeprefix("riskkit."), sources))
    return {file for file in found if file and file != path and not _is_only_a_name(file, sources)}


def _is_only_a_name(path: str, sources: Sources) -> bool:
    """An ``__init__.py`` that hands nothing of ours on."""
    return path.endswith("__init__.py") and not re.search(
        r"^\s*(from|import)\s+(riskkit|\.)", sources[path], re.MULTILINE
    )


def circle_faults(sources: Sources) -> Iterator[str]:
    """Every file that, by its imports, comes back to itself."""
    steps = {path: arrows(path, sources) for path in sources}
    for path in sources:
        seen: set[str] = set()
        ahead = set(steps[path])
        while ahead:
            file = ahead.pop()
            if file not in seen:
                seen.add(file)
                ahead |= steps[file]
        if path in seen:
            yield f"{path}: an import circle through {', '.join(sorted(f for f in seen if path in steps[f]))}"


def _functions(tree: ast.Module) -> Iterator[tuple[AnyFunction, bool]]:
    """Every function, and whether it is a method."""
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, AnyFunction):
                yield child, isinstance(node, ast.ClassDef)


def _takes_self(function: AnyFunction, *, is_method: bool) -> bool:
    return is_method and "staticmethod" not in {ast.unparse(d) for d in function.decorator_list}


def size_faults(path: str, source: str) -> Iterator[str]:
    """A file or body that is too long, a function with too many positional arguments."""
    length = len(source.splitlines())
    if length > LONGEST_FILE:
        yield f"{path}: {length} lines, at most {LONGEST_FILE}"
    for function, is_method in _functions(ast.parse(source)):
        has_docstring = ast.get_docstring(function, clean=False) is not None
        body = function.body[1:] if has_docstring else function.body
        lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
        if lines > LONGEST_BODY:
            yield f"{path}:{function.lineno} {function.name}: a body of {lines} lines, at most {LONGEST_BODY}"
        taken = len(function.args.posonlyargs) + len(function.args.args)
        taken -= _takes_self(function, is_method=is_method)
        if taken > MOST_POSITIONAL:
            yield f"{path}:{function.lineno} {function.name}: {taken} positional, at most {MOST_POSITIONAL}"


def name_faults(path: str, source: str, *, allowed: Mapping[str, str] | None = None) -> Iterator[str]:
    """A folder, file, class or function named after nothing (utils, manager, …)."""
    names = [part.removesuffix(".py") for part in path.split("/")]
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    names += [node.name for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)]
    for name in names:
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")
        if FORBIDDEN_WORDS & set(words) and name not in (allowed or {}):
            yield f"{path}: {name} does not say what it is"


def purity_faults(path: str, source: str, *, allowed: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Files, clocks, prints, pictures or hidden randomness in a stream."""
    if room(path) not in STREAMS or path.startswith(OUTDOORS):
        return
    for node in ast.walk(ast.parse(source)):
        found: list[str] = []
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            found = [called] if IMPURE_CALLS.fullmatch(called) else []
        elif isinstance(node, ast.Import):
            found = [alias.name for alias in node.names if alias.name.split(".")[0] in IMPURE_IMPORTS]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in IMPURE_IMPORTS:
            found = [node.module or ""]
        elif isinstance(node, ast.Global):
            found = [f"global {name}" for name in node.names]
        for what in found:
            if what not in allowed.get(path, {}):
                yield f"{path}:{getattr(node, 'lineno', 0)} {what}: numbers are made by pure functions"


def word_faults(path: str, source: str, *, allowed: Mapping[str, str]) -> Iterator[str]:
    """A public function without a docstring or an annotation, or of the library without an example; a silent module.

    An example is demanded where others call the function: in the streams and their foundation. One that only
    repeats the function's name could not fail, so it is a fault anywhere.
    """
    tree = ast.parse(source)
    if source.strip() and not ast.get_docstring(tree):
        yield f"{path}: says nothing of itself"
    for function in tree.body:
        if not isinstance(function, AnyFunction) or function.name.startswith("_"):
            continue
        if any(isinstance(one, ast.Name) and one.id == "overload" for one in function.decorator_list):
            continue  # the types of one function; its words stand at the function itself
        where = f"{path}:{function.lineno} {function.name}"
        text = ast.get_docstring(function) or ""
        if not text:
            yield f"{where}: no docstring"
        elif ">>> " not in text and room(path) in ROOMS and f"{path}:{function.name}" not in allowed:
            yield f"{where}: no example that runs"
        if re.search(r">>> \w+\.__name__", text):
            yield f"{where}: an example that cannot fail"
        given = function.args
        every = [
            *given.posonlyargs,
            *given.args,
            *given.kwonlyargs,
            *filter(None, [given.vararg, given.kwarg]),
        ]
        if function.returns is None or any(argument.annotation is None for argument in every):
            yield f"{where}: not fully annotated"


def notebook_faults(name: str, notebook: Mapping[str, Any]) -> Iterator[str]:
    """A notebook that was run, thinks for itself, or cannot be told from its last version."""
    if (notebook.get("nbformat"), notebook.get("nbformat_minor", 0)) < (4, 5):
        yield f"{name}: older than format 4.5, so its cells have no ids"
    ids = [cell.get("id") for cell in notebook["cells"]]
    if None in ids or len(set(ids)) < len(ids):
        yield f"{name}: every cell needs an id of its own"
    for number, cell in enumerate(notebook["cells"], start=1):
        if cell["cell_type"] == "code":
            yield from (f"{name} cell {number}: {fault}" for fault in _cell_faults(cell))
    yield from _parameter_faults(name, notebook)


def _source(cell: Mapping[str, Any]) -> str:
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])


def _cell_faults(cell: Mapping[str, Any]) -> Iterator[str]:
    source = _source(cell)
    if cell.get("outputs") or cell.get("execution_count") is not None:
        yield "tracked with outputs"
    if len(source.splitlines()) > LONGEST_CELL:
        yield f"{len(source.splitlines())} lines, at most {LONGEST_CELL}"
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        yield f"not plain Python: {error.msg}"
        return
    for node in ast.walk(tree):
        if isinstance(node, NOTEBOOK_WORDS):
            yield f"{type(node).__name__} belongs in riskkit"


def _parameter_faults(name: str, notebook: Mapping[str, Any]) -> Iterator[str]:
    cells = [cell for cell in notebook["cells"] if parameters.is_tagged(cell, "parameters")]
    if len(cells) != 1:
        yield f"{name}: {len(cells)} cells tagged parameters, there must be one"
        return
    try:
        found = parameters.read_cell(_source(cells[0]), name=name)
    except InputFaults as faults:
        yield from (str(fault) for fault in faults.faults)
        return
    yield from (f"{name}: {parameter.name} has no help" for parameter in found if not parameter.help)
