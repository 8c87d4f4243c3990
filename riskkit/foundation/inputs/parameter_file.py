"""Parameters of a notebook in a YAML file, as papermill users write them: ``name: value``, one a line.

Every value is kept as it is written, and the notebook's own type decides what it means: ``on: 2026-05-01``
is the parameter ``on`` and a date (YAML itself reads ``on`` as true), and ``no`` stays a text where one is
wanted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, refuse, shown

_MOST_BYTES = 1_000_000
_MISSING = ("", "~", "null", "Null", "NULL")


def parameters_of(path: Path | None) -> dict[str, Any]:
    """The parameters of a file; none without one.

    Raises
    ------
    InputFaults
        When it cannot be read, is larger than 1 MB, or breaks the rules of `read_parameters`.

    Examples
    --------
    >>> parameters_of(None)
    {}
    """
    return {} if path is None else read_parameters(_content(path), path.name)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            raw = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        rule = RuleText("a file that can be read ({})", error.strerror)
        raise InputFaults("parameters", [Fault("-f", shown(str(path)), rule)]) from None
    is_small = len(raw) <= _MOST_BYTES
    refuse(
        "parameters",
        [] if is_small else [Fault(path.name, "too large", RuleText("at most {} bytes", _MOST_BYTES))],
    )
    return raw


def read_parameters(raw: bytes, name: str) -> dict[str, Any]:
    """Names and values of a YAML text, each value a text or a list of texts.

    Parameters
    ----------
    raw : bytes
        The content of the file, in UTF-8.
    name : str
        Its name, for messages.

    Raises
    ------
    InputFaults
        With every line that is no ``name: value``, is empty or names a parameter twice.

    Examples
    --------
    >>> read_parameters(b"on: 2026-05-01\\nports: [CNSHA, NO]", "p.yaml")
    {'on': '2026-05-01', 'ports': ['CNSHA', 'NO']}
    """
    import yaml

    rule = "YAML of the form `name: value`, one a line"
    try:
        root = yaml.compose(raw.decode("utf-8-sig"), Loader=yaml.BaseLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{name}:{mark.line + 1}" if mark else name
        raise InputFaults(name, [Fault(place, type(error).__name__, rule)]) from None
    if root is None:
        return {}
    refuse(name, [] if isinstance(root, yaml.MappingNode) else [Fault(f"{name}:1", "no names", rule)])
    found: dict[str, Any] = {}
    faults: list[Fault] = []
    for key, node in root.value:
        place = f"{name}:{key.start_mark.line + 1}"
        if not isinstance(key, yaml.ScalarNode):
            faults.append(Fault(place, "a list or table", "a name"))
            continue
        faults += [Fault(place, shown(key.value), "given once")] if key.value in found else []
        found[key.value] = _value(node, f"{place} {key.value}", faults)
    refuse(name, faults)
    return found


def _value(node: Any, place: str, faults: list[Fault]) -> Any:
    """A value as it is written; what is no value or list of values is added to the faults."""
    import yaml

    parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
    for part in parts:
        is_given = isinstance(part, yaml.ScalarNode) and (part.style or part.value not in _MISSING)
        if not is_given:
            value = "nothing" if isinstance(part, yaml.ScalarNode) else "a list or table"
            faults.append(Fault(place, value, "a value, or a list of values"))
    values = [part.value for part in parts]
    return values if isinstance(node, yaml.SequenceNode) else values[0]
