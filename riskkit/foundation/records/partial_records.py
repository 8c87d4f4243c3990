"""What can be read of a file that has faults, so that faults across its fields are found in one round."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo


class Absent:
    """Stands where a field is missing or has a fault: nothing is in it, and it equals nothing."""

    def __getattr__(self, name: str) -> Absent:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __lt__(self, other: object) -> bool:
        return False

    __gt__ = __le__ = __ge__ = __lt__


ABSENT: Any = Absent()


def partial_record(kind: Any, data: Any, *, name: str = "") -> Any:
    """A record whose faulty fields are `ABSENT`; a faulty id stays as written, so that references to it hold.

    Parameters
    ----------
    kind : type
        A pydantic dataclass, or the annotation of one of its fields.
    data : object
        What the file says.
    name : str
        Of the field that is read.

    Examples
    --------
    >>> from pydantic.dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Box:
    ...     id: str
    ...     width: float
    >>> found = partial_record(Box, {"id": "a", "width": "wide"})
    >>> found.id, found.width is ABSENT
    ('a', True)
    """
    try:
        return TypeAdapter(kind).validate_python(data)
    except ValidationError:
        pass
    plain = _plain(kind)
    origin, parts = typing.get_origin(plain), typing.get_args(plain)
    if dataclasses.is_dataclass(plain) and isinstance(data, dict):
        return _of_fields(plain, data)
    if origin is tuple and isinstance(data, list):
        return tuple(partial_record(parts[0], one) for one in data)
    if origin is dict and isinstance(data, dict):
        return {key: partial_record(parts[1], one) for key, one in data.items()}
    return data if name == "id" and isinstance(data, str) else ABSENT


def _plain(kind: Any) -> Any:
    """An annotation without its checks, and without "or None"."""
    while typing.get_origin(kind) is typing.Annotated:
        kind = typing.get_args(kind)[0]
    others = [part for part in typing.get_args(kind) if part is not type(None)]
    is_optional = len(others) == 1 and type(None) in typing.get_args(kind)
    return _plain(others[0]) if is_optional else kind


def _of_fields(kind: Any, data: dict[str, Any]) -> Any:
    hints = typing.get_type_hints(kind, include_extras=True)
    found = object.__new__(kind)
    for field in dataclasses.fields(kind):
        if field.name in data:
            value = partial_record(hints[field.name], data[field.name], name=field.name)
        else:
            value = _default(field)
        object.__setattr__(found, field.name, value)
    return found


def _default(field: Any) -> Any:
    given = field.default
    if isinstance(given, FieldInfo):
        return ABSENT if given.is_required() else given.get_default(call_default_factory=True)
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return ABSENT if given is dataclasses.MISSING else given
