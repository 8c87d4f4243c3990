"""What a notebook may be told: read by parsing, checked before anything runs.

A parameter is one line, ``name: type = default  # help``, of the cell tagged ``parameters``; a help that ends
in ``[1 to 1,000,000]`` says between what a number may lie. A value stays a value: it is written into the
notebook as a literal, never as code, and a name that the notebook does not declare is refused.
"""

from __future__ import annotations

import ast
import dataclasses
import datetime as dt
import io
import json
import math
import re
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, one_of, refuse, shown

if TYPE_CHECKING:
    from nbformat import NotebookNode

Scalar = str | int | float | bool | dt.date
Value = Scalar | list[Scalar]

PARAMETERS_TAG = "parameters"
INJECTED_TAG = "injected-parameters"
_SCALARS = ("str", "int", "float", "bool", "date")
_LONGEST_TEXT = 20_000
_MOST_ITEMS = 10_000
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?", re.ASCII)
_BOUNDS = re.compile(r"\[(-?[0-9.,]+) to (-?[0-9.,]+)\]$", re.ASCII)
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_RULES = {
    "str": "a text that can be written as UTF-8",
    "int": "a whole number",
    "float": "a finite number",
    "bool": "true or false",
    "date": "a date as YYYY-MM-DD",
}


@dataclass(frozen=True)
class Parameter:
    """One parameter that a notebook declares."""

    name: str
    kind: str
    is_list: bool
    default: Value
    help: str
    low: float = -math.inf
    high: float = math.inf

    @property
    def written_type(self) -> str:
        """The type as it is declared."""
        return f"list[{self.kind}]" if self.is_list else self.kind


class _Unfit(ValueError):
    """A value that cannot be of the wanted kind."""


def declared(notebook: NotebookNode | Mapping[str, Any], *, name: str = "notebook") -> tuple[Parameter, ...]:
    """The parameters that a notebook declares, without running any of it."""
    sources = [str(cell["source"]) for cell in notebook["cells"] if is_tagged(cell, PARAMETERS_TAG)]
    if len(sources) != 1:
        refuse(name, [Fault("cells", f"{len(sources)} tagged '{PARAMETERS_TAG}'", "exactly one")])
    return read_cell(sources[0], name=name)


def is_tagged(cell: Mapping[str, Any], tag: str) -> bool:
    """Whether a cell of a notebook carries a tag."""
    return tag in cell.get("metadata", {}).get("tags", [])


def read_cell(source: str, *, name: str = "notebook") -> tuple[Parameter, ...]:
    """The parameters written in one cell."""
    place = f"{name}:{PARAMETERS_TAG}"
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise InputFaults(name, [Fault(f"{place}:{line}", str(error.args[0]), "readable Python")]) from None
    helps = _comments(source)
    found: list[Parameter] = []
    faults: list[Fault] = []
    for statement in statements:
        where = f"{place}:{statement.lineno}"
        try:
            found.append(_declaration(statement, helps.get(statement.lineno, "")))
        except _Unfit as unfit:
            faults.append(Fault(where, shown(ast.unparse(statement)), str(unfit)))
    faults += _twice(place, [one.name for one in found])
    refuse(name, faults)
    return tuple(found)


def _twice(place: str, names: list[str]) -> list[Fault]:
    return [Fault(place, name, "declared once") for name in sorted({n for n in names if names.count(n) > 1})]


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ").strip() for t in tokens if t.type == tokenize.COMMENT}


def _declaration(statement: ast.stmt, help_text: str) -> Parameter:
    if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
        raise _Unfit("name: type = value")
    kind, is_list = _kind(statement.annotation)
    try:
        default = ast.literal_eval(statement.value) if statement.value else None
    except ValueError:
        raise _Unfit("name: type = value, the value a plain literal") from None
    low, high = _bounds(help_text)
    empty = Parameter(statement.target.id, kind, is_list, "", help_text, low, high)
    return dataclasses.replace(empty, default=_fit(default, empty))


def _bounds(help_text: str) -> tuple[float, float]:
    found = _BOUNDS.search(help_text)
    if found is None:
        return -math.inf, math.inf
    try:
        return float(found[1].replace(",", "")), float(found[2].replace(",", ""))
    except ValueError:
        raise _Unfit("bounds such as [1 to 1,000]") from None


def _kind(annotation: ast.expr) -> tuple[str, bool]:
    text = annotation.value if isinstance(annotation, ast.Constant) else ast.unparse(annotation)
    inner = re.fullmatch(r"list\[(\w+)\]", str(text))
    kind = inner[1] if inner else str(text)
    if kind not in _SCALARS:
        raise _Unfit(RuleText("of type {} or list[…] of one of them", ", ".join(_SCALARS)))
    return kind, inner is not None


def check(
    parameters: Iterable[Parameter], given: Mapping[Any, object], *, what: str = "parameters"
) -> dict[str, Value]:
    """The given values, each in the type that the notebook declares for it."""
    known = {one.name: one for one in parameters}
    faults: list[Fault] = []
    values: dict[str, Value] = {}
    for name, value in given.items():
        if not isinstance(name, str) or name not in known:
            place = name if isinstance(name, str) and name.isidentifier() else shown(name)
            faults.append(Fault(place, shown(value), RuleText("a parameter: {}", one_of(str(name), known))))
            continue
        try:
            values[name] = _fit(value, known[name])
        except _Unfit as unfit:
            faults.append(Fault(name, shown(value), str(unfit)))
    refuse(what, faults)
    return {name: values[name] for name in known if name in values}


def _fit(value: object, parameter: Parameter) -> Value:
    plain = _plain(value)
    if not parameter.is_list:
        return _fit_one(plain, parameter)
    if isinstance(plain, str):
        plain = _split(plain)
    if not isinstance(plain, (list, tuple)):
        raise _Unfit(RuleText("{}: a list, or texts with a comma between", parameter.written_type))
    if len(plain) > _MOST_ITEMS:
        raise _Unfit(RuleText("at most {} items", _MOST_ITEMS))
    return [_fit_one(_plain(item), parameter) for item in plain]


def _plain(value: object) -> object:
    """A numpy scalar or array as the Python value it holds; anything else as it is."""
    if type(value).__module__.split(".")[0] == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    return value


def _split(text: str) -> object:
    if not text.lstrip().startswith("["):
        return [part.strip() for part in text.split(",")] if text.strip() else []
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise _Unfit("a JSON list, or texts with a comma between") from None


def _fit_one(value: object, parameter: Parameter) -> Scalar:
    kind = parameter.kind
    fitted = {"str": _text, "int": _integer, "float": _number, "bool": _truth, "date": _date}[kind](value)
    if fitted is None:
        raise _Unfit(RuleText("{}: {}", kind, RuleText(_RULES[kind])))
    if isinstance(fitted, int | float) and not parameter.low <= fitted <= parameter.high:
        raise _Unfit(RuleText("{}: from {} to {}", kind, f"{parameter.low:,.15g}", f"{parameter.high:,.15g}"))
    return fitted


def _text(value: object) -> str | None:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT or "\0" in value:
        return None
    return None if any("\ud800" <= sign <= "\udfff" for sign in value) else str(value)


def _integer(value: object) -> int | None:
    if isinstance(value, str):
        return int(value) if _INTEGER.fullmatch(value.strip()) else None
    is_whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18
    return int(value) if is_whole and isinstance(value, int) else None


def _number(value: object) -> float | None:
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        return None
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _truth(value: object) -> bool | None:
    if isinstance(value, str):
        return _TRUTH.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def _date(value: object) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return None
    if isinstance(value, dt.date):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value.strip(), re.ASCII):
        return None
    try:
        return dt.date.fromisoformat(value.strip())
    except ValueError:
        return None


def as_json(values: Mapping[str, Value]) -> dict[str, Any]:
    """Checked values as JSON holds them: a date becomes its text."""
    from riskkit.foundation.inputs.plain_data import (
        plain,  # pandas is slow to load, and a server needs it late
    )

    return dict(plain(values))


def written(values: Mapping[str, Value]) -> str:
    """The values as the source of a cell: plain assignments of literals, Chinese text readable."""
    for name in values:
        if not name.isidentifier():
            raise ValueError(f"not a name: {shown(name)}")
    return "\n".join(f"{name} = {value!r}" for name, value in as_json(values).items())
