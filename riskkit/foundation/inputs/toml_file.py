"""Read a TOML file somebody else wrote: bounded in size, and each key known by its line."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, refuse, shown

# a case written by people has some 50 kB; what is far larger is no case, or meant to fill the memory
MAX_BYTES = 2_000_000
# deep nesting would end the reader of Python by its limit of recursion
_MAX_DEPTH = 20

# A key of many parts (a.b.c…) nests as deep as brackets do, and takes a parser the square of its length.
# Each part begins where no part goes on, so that no text is walked through twice.
_DEEP_KEY = re.compile(
    r"""(?<![\w"'-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+)""" f"{{{_MAX_DEPTH}}}"
)
_HEADER = re.compile(r"[ \t]*(\[\[?)([^\[\]]+)\]\]?[ \t]*(?:#.*)?")
_PAIR = re.compile(r"[ \t]*([A-Za-z0-9_\"'.-]+)[ \t]*=")


@dataclass(frozen=True)
class TomlFile:
    """A parsed file and where its keys stand.

    Parameters
    ----------
    name : str
        File name for messages.
    data : dict
        The content.
    sha256 : str
        Hash of the bytes.
    lines : dict of tuple to int
        Line of each key path that begins a line.
    """

    name: str
    data: dict[str, Any]
    sha256: str
    lines: dict[tuple[str | int, ...], int]

    def place(self, path: tuple[str | int, ...]) -> str:
        """``file:line key.path`` of a key, or of the nearest key around it."""
        known = next((path[:n] for n in range(len(path), 0, -1) if path[:n] in self.lines), ())
        line = self.lines.get(known, 1)
        words = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        return f"{self.name}:{line} {words}".rstrip()


def read_toml(path: str | Path) -> TomlFile:
    """Read a TOML file of at most 2 MB.

    Parameters
    ----------
    path : str or Path
        The file. Paths with ``..`` and anything but a regular file are refused.

    Returns
    -------
    TomlFile

    Raises
    ------
    InputFaults
        When it cannot be read, is too large, is not UTF-8, or is not TOML.

    Examples
    --------
    >>> try:
    ...     read_toml("../secret.toml")
    ... except InputFaults as error:
    ...     print(error.faults[0].rule)
    a path without '..'
    """
    file = Path(path)
    name = file.name or str(file)
    try:
        if ".." in file.parts or "\0" in str(path):
            raise InputFaults(name, [Fault(name, shown(str(path)), "a path without '..'")])
        if not file.is_file():
            raise InputFaults(name, [Fault(name, shown(str(path)), "a file that exists")])
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputFaults(name, [Fault(name, shown(error.strerror), "a file that can be read")]) from error
    if len(raw) > MAX_BYTES:
        raise InputFaults(
            name,
            [Fault(name, f"{file.stat().st_size:,} bytes", RuleText("at most {} bytes", f"{MAX_BYTES:,}"))],
        )
    return parse_toml(raw, name)


def parse_toml(raw: bytes, name: str) -> TomlFile:
    """Parse TOML bytes.

    Raises
    ------
    InputFaults
        When the bytes are not UTF-8 or not TOML, or nested too deeply.

    Examples
    --------
    >>> file = parse_toml(b'a = 1\\n[[b]]\\nc = 2\\n', "x.toml")
    >>> file.place(("b", 0, "c"))
    'x.toml:3 b[0].c'
    """
    try:
        text = raw.decode("utf-8-sig")
        _refuse_depth(text, name)
        data = tomllib.loads(text.replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        raise InputFaults(name, [Fault(name, f"byte {error.start}", "UTF-8 text")]) from error
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        if isinstance(error, InputFaults):
            raise
        raise InputFaults(name, [Fault(name, shown(str(error)), "a TOML file")]) from error
    return TomlFile(name, data, hashlib.sha256(raw).hexdigest(), _line_numbers(text))


def _refuse_depth(text: str, name: str) -> None:
    brackets = re.search(rf"[\[{{]{{{_MAX_DEPTH}}}", "".join(text.split()))
    dotted = (line for line in text.split("\n") if line.count(".") >= _MAX_DEPTH)  # a key is within a line
    found = "brackets" if brackets else "a key of many parts" if any(map(_DEEP_KEY.search, dotted)) else ""
    refuse(name, [Fault(name, found, RuleText("nesting of less than {}", _MAX_DEPTH))] if found else [])


def _line_numbers(text: str) -> dict[tuple[str | int, ...], int]:
    lines: dict[tuple[str | int, ...], int] = {}
    counts: dict[tuple[str | int, ...], int] = {}
    table: tuple[str | int, ...] = ()
    for number, line in enumerate(text.split("\n"), start=1):
        header, pair = _HEADER.fullmatch(line.rstrip("\r")), _PAIR.match(line)
        if header:
            table = _table_path(_keys(header[2]), header[1] == "[[", counts)
            lines.setdefault(table, number)
        elif pair:
            lines.setdefault(table + _keys(pair[1]), number)
    return lines


def _table_path(
    keys: tuple[str, ...], is_array: bool, counts: dict[tuple[str | int, ...], int]
) -> tuple[str | int, ...]:
    path: tuple[str | int, ...] = ()
    for key in keys[:-1]:
        path += (key,)
        if path in counts:
            path += (counts[path],)
    path += (keys[-1],)
    if is_array:
        counts[path] = counts.get(path, -1) + 1
        path += (counts[path],)
    return path


def _keys(text: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in text.split("."))
