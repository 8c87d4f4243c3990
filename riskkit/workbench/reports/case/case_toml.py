"""A case written as the TOML file it could have come from."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from fractions import Fraction
from typing import Any

from riskkit.assessment.facts.case_file import Case, Fact, Scenario, Text
from riskkit.foundation.exact_numbers import exact
from riskkit.foundation.numbers.uncertainty import (
    Beta,
    Changed,
    Distribution,
    Fixed,
    LogNormal,
    Pert,
    Range,
    Unknown,
)
from riskkit.foundation.standards import standards


class _Inline(dict[str, Any]):
    """A table that is written on one line."""


def case_toml(case: Case, *, remarks: Sequence[str] = ()) -> str:
    """A case as a TOML file that `riskkit.case.case_reading.load_case` reads back to the same case."""
    comments = [f"# {''.join(sign if sign.isprintable() else ' ' for sign in line)}" for line in remarks]
    return "\n".join([*comments, *_table(_plain_record(case), ())]) + "\n"


def _plain_record(record: Any) -> dict[str, Any]:
    """The fields of a record that say something."""
    found = {field.name: _plain(getattr(record, field.name)) for field in fields(record)}
    if isinstance(record, Case):
        found["facts"] = {name: _fact(name, fact) for name, fact in record.facts.items()}
    elif isinstance(record, Scenario):
        found["severity"] = _mix(record.severity)
    return {name: value for name, value in found.items() if value is not None and value not in ([], {})}


def _plain(value: Any) -> Any:
    if isinstance(value, Distribution):
        return _distribution(value)
    if isinstance(value, Text):
        return _Inline(zh=value.zh, en=value.en)
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return _plain_record(value) if is_dataclass(value) else value


def _fact(name: str, fact: Fact) -> dict[str, Any]:
    said = _plain_record(fact)
    if standards.facts()[name].kind == "flag":
        said["value"] = bool(said["value"])
    return said


def _mix(mix: Sequence[tuple[int, float]]) -> int | _Inline:
    if len(mix) == 1:
        return mix[0][0]
    return _Inline({str(level): _number(Fraction(share).limit_denominator(10**6)) for level, share in mix})


def _distribution(dist: Distribution) -> Any:  # noqa: PLR0911 - one answer a form
    match dist:
        case Fixed(value):
            return _number(value)
        case Range(low, high):
            return _Inline(low=low, high=high)
        case Pert(low, mode, high):
            return _Inline(low=low, mode=mode, high=high)
        case Beta(alpha, beta):
            return _Inline(alpha=alpha, beta=beta)
        case LogNormal(median, gsd, _):
            return _Inline(median=median, gsd=gsd)
        case Changed(of, times, at_most):
            bound = {} if math.isinf(at_most) else {"at_most": at_most}
            return _Inline(of=_distribution(of), times=_distribution(times), **bound)
        case Unknown(at_least, at_most):
            least = {"at_least": at_least} if at_least else {}
            most = {} if math.isinf(at_most) else {"at_most": at_most}
            return _Inline(unknown=True, **least, **most)
        case _:
            pairs = zip(dist.probs, dist.values, strict=True)
            family = {"family": dist.family} if dist.is_chosen else {}
            return _Inline({f"p{round(100 * prob):02d}": value for prob, value in pairs} | family)


def _number(value: Fraction) -> int | float | str:
    """A whole number, a decimal where it is exact, else a fraction."""
    if value.denominator == 1:
        return int(value)
    decimal = float(value)
    return decimal if exact(decimal) == value else str(value)


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    """Lines of a table: its values first, then the tables in it."""
    inner = {k: v for k, v in table.items() if _is_table(v) or _is_tables(v)}
    lines = [f"{_key(k)} = {_value(v)}" for k, v in table.items() if k not in inner]
    for name, value in inner.items():
        here = (*path, _key(name))
        heads = [value] if _is_table(value) else value
        mark = "[{}]" if _is_table(value) else "[[{}]]"
        for one in heads:
            only_tables = bool(one) and all(_is_table(part) for part in one.values())
            lines += [] if only_tables else ["", mark.format(".".join(here))]
            lines += _table(one, here)
    return lines


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) and not isinstance(value, _Inline)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_table(part) for part in value)


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else _value(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(part) for part in value) + "]"
    if isinstance(value, str):  # JSON's escapes are TOML's, but for DEL
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return value.isoformat() if isinstance(value, dt.date) else repr(value)
