"""Frozen records in TOML: read with every fault and its line, written so that they read back."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, shown, suggesting
from riskkit.foundation.inputs.toml_file import TomlFile
from riskkit.foundation.numbers.distributions import (
    Beta,
    Changed,
    Distribution,
    Fixed,
    LogNormal,
    Pert,
    Range,
    Unknown,
)

Record = TypeVar("Record")

_KNOWN_KEY = "a known key"
_RULES = {
    "missing": "present",
    "unexpected_keyword_argument": _KNOWN_KEY,
    "extra_forbidden": _KNOWN_KEY,
    **dict.fromkeys(("string_type", "string_unicode"), "a text"),
    **dict.fromkeys(("float_type", "float_parsing"), "a number"),
    "finite_number": "a finite number",
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), "a whole number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    **dict.fromkeys(
        ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        "a date such as 2026-05-01",
    ),
    **dict.fromkeys(("list_type", "tuple_type"), "a list"),
    **dict.fromkeys(("dict_type", "dataclass_type", "mapping_type"), "a table"),
    "literal_error": "one of {}",
    "greater_than": "above {}",
    "greater_than_equal": "at least {}",
    "less_than": "below {}",
    "less_than_equal": "at most {}",
    "string_too_short": "at least {}",
    "string_too_long": "at most {} characters",
    "string_pattern_mismatch": "of the form {}",
    "too_short": "at least {}",
    "too_long": "at most {} items",
}
_VALUES = ("expected", "gt", "ge", "lt", "le", "min_length", "max_length", "pattern")
"""What pydantic calls the values of a rule."""


def as_record(file: TomlFile, kind: type[Record]) -> Record:
    """The content of a file as a frozen record.

    Parameters
    ----------
    file : TomlFile
        As read.
    kind : type
        A pydantic dataclass.

    Returns
    -------
    Record

    Raises
    ------
    InputFaults
        With every fault of the file and its line.

    Examples
    --------
    >>> from riskkit.foundation.inputs.toml_file import parse_toml
    >>> from pydantic.dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Box:
    ...     width: float
    >>> as_record(parse_toml(b"width = 2.5", "x.toml"), Box)
    Box(width=2.5)
    """
    try:
        context = {"lang": file.data.get("lang")}  # the one language of its texts, if it has only one
        return TypeAdapter(kind).validate_python(file.data, strict=False, context=context)
    except ValidationError as error:
        told = [dict(item) for item in error.errors(include_url=False)]
        faults = dict.fromkeys(_fault(file, item, kind) for item in told if not _is_echo(item))
        raise InputFaults(file.name, tuple(faults)) from error


def _is_echo(item: Mapping[str, Any]) -> bool:
    """Whether a list is called too short only because entries of it were refused."""
    return bool(item["type"] == "too_short" and len(item["input"]) >= item["ctx"]["min_length"])


def _keys(kind: Any) -> set[str]:
    """The keys of a record and of all records in it."""
    fields = getattr(kind, "__pydantic_fields__", {})
    parts = (*get_args(kind), *(field.annotation for field in fields.values()))
    return {*fields, *(key for part in parts for key in _keys(part))}


def _fault(file: TomlFile, item: Mapping[str, Any], kind: Any) -> Fault:
    known: Any = file.data
    path: list[str | int] = []
    for part in item["loc"]:  # pydantic adds names of its own for nested types: keep what is in the file
        if (isinstance(known, dict) and part in known) or (isinstance(known, list) and isinstance(part, int)):
            known = known[part]
            path.append(part)
        elif part is item["loc"][-1] and isinstance(known, dict):
            path.append(part)
    value = "nothing" if item["type"] == "missing" else shown(item.get("input"))
    wording = _RULES.get(item["type"])
    context = item.get("ctx", {})
    if wording is None:
        rule = str(context["error"]) if "error" in context else item["msg"]
    else:
        rule = RuleText(wording, *(context[name] for name in _VALUES if name in context))
    if wording == _KNOWN_KEY:
        rule = suggesting(rule, str(item["loc"][-1]), sorted(_keys(kind)))
    return Fault(file.place(tuple(path)), value, rule)


def written(value: Any) -> Any:
    """A record as plain tables, lists and scalars, the way its file writes it; what is empty is left out.

    Parameters
    ----------
    value : dataclass, Distribution, tuple, mapping or scalar
        Pairs of a whole number and a share become a mix: ``{ "3" = 0.7, "4" = 0.3 }``.

    Examples
    --------
    >>> written(Changed(Pert(0.1, 0.2, 0.4), Fixed(Fraction(1, 3))))
    {'of': {'low': 0.1, 'mode': 0.2, 'high': 0.4}, 'times': '1/3'}
    """
    if isinstance(value, Distribution):
        return _distribution(value)
    if isinstance(value, Mapping):
        return {str(key): written(part) for key, part in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {name: written(part) for name, part in parts.items() if part not in (None, (), {})}
    if isinstance(value, tuple | list):
        if value and all(isinstance(pair, tuple) and len(pair) == 2 for pair in value):
            return {str(level): _number(_meant(share)) for level, share in value}
        return [written(part) for part in value]
    return value


def _distribution(dist: Distribution) -> Any:  # noqa: PLR0911 - one answer a form
    match dist:
        case Fixed(value):
            return _number(value)
        case Range(low, high):
            return {"low": low, "high": high}
        case Pert(low, mode, high):
            return {"low": low, "mode": mode, "high": high}
        case Beta(alpha, beta):
            return {"alpha": alpha, "beta": beta}
        case LogNormal(median, gsd, _):
            return {"median": median, "gsd": gsd}
        case Changed(of, times, at_most):
            bound = {} if math.isinf(at_most) else {"at_most": at_most}
            return {"of": _distribution(of), "times": _distribution(times)} | bound
        case Unknown(at_least, at_most):
            least = {"at_least": at_least} if at_least else {}
            return {"unknown": True} | least | ({} if math.isinf(at_most) else {"at_most": at_most})
        case _:
            quantiles = {f"p{round(100 * p):02d}": v for p, v in zip(dist.probs, dist.values, strict=True)}
            return quantiles | ({"family": dist.family} if dist.is_chosen else {})


def _meant(share: float) -> Fraction:
    simple = Fraction(share).limit_denominator(10**6)
    return simple if float(simple) == share else Fraction(repr(share))


def _number(value: Fraction) -> int | float | str:
    if value.denominator == 1:
        return value.numerator
    decimal = repr(float(value))
    return float(decimal) if Fraction(decimal) == value else f"{value.numerator}/{value.denominator}"


def toml_text(data: Mapping[str, Any]) -> str:
    """Plain tables, lists and scalars as TOML.

    Parameters
    ----------
    data : mapping
        As from `written`.

    Returns
    -------
    str
        Ends with a line feed; lists of tables are sections of their own, the rest stands on one line a key.

    Raises
    ------
    ValueError
        For a value that TOML cannot hold.

    Examples
    --------
    >>> print(toml_text({"a": 1, "t": {"zh": "甲", "en": "A"}, "list": [{"x": "1/3"}]}), end="")
    a = 1
    t = { zh = "甲", en = "A" }
    <BLANKLINE>
    [[list]]
    x = "1/3"
    """
    return "\n".join(_section(data, ())).strip("\n") + "\n"


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(part, Mapping) for part in value)


def _is_section(value: Any, depth: int) -> bool:
    return depth == 0 and isinstance(value, Mapping) and any(isinstance(v, Mapping) for v in value.values())


def _section(data: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    lines, later = [], []
    for key, value in data.items():
        here = (*path, key)
        name = ".".join(map(_key, here))
        if _is_tables(value):
            for table in value:
                later += ["", f"[[{name}]]", *_section(table, here)]
        elif _is_section(value, len(path)):
            later += ["", f"[{name}]", *_section(value, here)]
        else:
            lines.append(f"{_key(key)} = {_inline(value)}")
    return lines + later


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _string(key)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _inline(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return _string(value)
        case dt.date():
            return value.isoformat()
        case Mapping():
            return "{ " + ", ".join(f"{_key(k)} = {_inline(v)}" for k, v in value.items()) + " }"
        case Sequence():
            return "[" + ", ".join(map(_inline, value)) + "]"
    raise ValueError(f"TOML cannot hold {shown(value)}")
