"""The arrays of a JSON text, read from the front: which of them hold the rows of a file."""

from __future__ import annotations

import codecs
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from riskkit.foundation.records.evidence import intake_limit
from riskkit.monitoring.sources.files.file_faults import file_fault
from riskkit.monitoring.sources.files.native import Layout

_SPACE = re.compile(r"[ \t\r\n]*")
_BEHIND = tuple(",:]}")
_USUAL = {
    "data", "results", "result", "records", "rows", "items", "recalls", "notices", "alerts", "docs",
    "features", "entries", "hits", "value", "content", "list", "数据", "记录",
}  # fmt: skip
_TOTALS = {
    "total", "totalcount", "count", "recordstotal", "numfound", "totalresults", "totalrecords", "totalhits",
    "totalitems", "totalelements", "总数",
}  # fmt: skip
_NEXT = {"next", "nextlink", "@odata.nextlink", "nextpage", "nextpagetoken"}
_HEAD = 100
_MOST_HELD = 20_000
_DEEPEST = 4
JsonRow = dict[str, str | None]
FoundRow = JsonRow | tuple[str, bytes]


class _Doubled(dict[str, Any]):
    """An object in which one name stands twice: nobody knows which of the two is meant."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Doubled(found)


AS_WRITTEN: Mapping[str, Any] = {
    "parse_float": str,
    "parse_int": str,
    "parse_constant": str,
    "object_pairs_hook": _pairs,
}


def _cell(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and not any(isinstance(one, dict | list) for one in value):
        return "; ".join(filter(None, map(_cell, value))) or None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def json_row(value: Any) -> JsonRow | str:
    """An object as cells, or the rule that what stands there breaks.

    Examples
    --------
    >>> json_row({"a": ["x", "y"], "b": []}), json_row(7)
    ({'a': 'x; y', 'b': None}, 'not_a_row')
    """
    if not isinstance(value, dict) or isinstance(value, _Doubled) or len(value) > intake_limit("columns"):
        return "not_a_row"
    row = {key: _cell(part) for key, part in value.items()}
    try:
        "".join(itertools.chain(row, filter(None, row.values()))).encode("utf-8")
    except UnicodeEncodeError:  # half characters, in an escape or for bytes that were no UTF-8
        return "bad_bytes"
    return row


_DECODER = json.JSONDecoder(**AS_WRITTEN)


class Characters:
    """A JSON text that is read from the front, whatever its length."""

    def __init__(self, blocks: Iterator[bytes], name: str) -> None:
        self.texts = codecs.iterdecode(blocks, "utf-8", errors="surrogateescape")
        self.name, self.text, self.place, self.is_end = name, "", 0, False

    def more(self) -> None:
        """Read on: the next piece behind what is not yet taken, or the end."""
        text = next(self.texts, None)
        self.text, self.place = self.text[self.place :] + (text or ""), 0
        self.is_end = text is None

    def sign(self) -> str:
        """The next sign that is no space, which stays; empty at the end."""
        while True:
            found = _SPACE.match(self.text, self.place)
            self.place = found.end() if found else self.place
            if self.place < len(self.text) or self.is_end:
                return self.text[self.place : self.place + 1]
            self.more()

    def value(self) -> Any:
        """The next value, which is taken."""
        self.sign()
        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, self.place)
            except (json.JSONDecodeError, RecursionError) as error:
                self._wait(error)
                continue
            behind = _SPACE.match(self.text, end)
            if self.is_end or (behind and self.text[behind.end() : behind.end() + 1] in _BEHIND):
                self.place = end
                return value
            self._wait(ValueError("no end"))

    def _wait(self, error: Exception) -> None:
        """For the rest of a value that may only be cut off, if it is not too long."""
        at_hand = len(self.text) - self.place
        if self.is_end or isinstance(error, RecursionError) or at_hand > intake_limit("json_row_bytes"):
            raise file_fault(self.name, f"{error}: {self.text[self.place :][:40]}", "json_broken") from error
        self.more()

    def take(self, *signs: str) -> str:
        """One of some signs."""
        found = self.sign()
        if found not in signs or not found:
            raise file_fault(self.name, self.text[self.place :][:40], "json_broken")
        self.place += 1
        return found


class JsonArrays:
    """The arrays of objects in a JSON text.

    Parameters
    ----------
    text : Characters
    layout : Layout, optional
        Which rows are looked for; those of the first array if not given.
    """

    def __init__(self, text: Characters, layout: Layout | None) -> None:
        self.text, self.layout = text, layout
        self.notes: list[tuple[str, str, int]] = []
        self.totals: list[int] = []
        self.has_next = False

    def rows(self) -> Iterator[FoundRow]:
        """The rows of the arrays that are to be read, in their order.

        Raises
        ------
        InputFaults
            When the text holds no array, or breaks off.
        """
        read: list[tuple[str, int]] = []
        held: list[tuple[str, list[FoundRow]]] = []
        left: list[tuple[str, list[FoundRow], int]] = []
        is_any, n_rows = False, 0
        for path in self._arrays("", 0):
            is_any = True
            elements = self._elements()
            head = list(itertools.islice(elements, _HEAD))
            if not self._fits(path, head, is_first=not read):
                n_more = sum(1 for _ in elements)
                left.append((path, head[:1], len(head) + n_more))
                continue
            if not self._is_usual(path):
                head += itertools.islice(elements, _MOST_HELD)
                if len(head) <= _MOST_HELD:
                    held.append((path, head))
                    continue
            n_of_array = len(head)
            yield from head
            for row in elements:
                n_of_array += 1
                yield row
            read.append((path, n_of_array))
            n_rows += n_of_array
        if not is_any:
            raise file_fault(self.text.name, self.text.text[:40], "json_no_rows")
        for path, kept in held if not read else ():
            yield from kept
            n_rows += len(kept)
            read.append((path, len(kept)))
        if not read and left:
            yield from left[0][1]
        left += [(path, kept, len(kept)) for path, kept in held if path not in dict(read)]
        self._say(read, left, n_rows)

    def _fits(self, path: str, head: Sequence[FoundRow], *, is_first: bool) -> bool:
        names = list(dict.fromkeys(key for row in head if isinstance(row, dict) for key in row))
        if self.layout is None:
            return is_first
        if self.layout.rows:
            return self.layout.rows in (path, path.rpartition(".")[2])
        return self.layout.fits(names) or (not path and not names)

    def _is_usual(self, path: str) -> bool:
        is_named = self.layout is None or bool(self.layout.rows)
        return is_named or not path or path.rpartition(".")[2].lower() in _USUAL

    def _say(
        self, read: Sequence[tuple[str, int]], left: Sequence[tuple[str, list[FoundRow], int]], n_rows: int
    ) -> None:
        others = [(path, n) for path, head, n in left if any(isinstance(row, dict) for row in head)]
        if others or len(read) > 1:
            self.notes += [("array_read", path, n) for path, n in read]
            self.notes += [("array_not_read", path, n) for path, n in others]
        whole = max(self.totals, default=0)
        if whole > n_rows or self.has_next:
            self.notes.append(("page_of_more", f"{n_rows} / {whole if whole > n_rows else '?'}", 0))

    def _arrays(self, path: str, depth: int) -> Iterator[str]:
        """The path of each array, which the caller takes before the next is asked for."""
        sign = self.text.sign()
        if sign == "[":
            yield path
            return
        if sign != "{":
            raise file_fault(self.text.name, self.text.text[:40], "json_no_rows")
        self.text.take("{")
        while self.text.sign() == '"':
            key = str(self.text.value())
            self.text.take(":")
            inner = f"{path}.{key}" if path else key
            if self.text.sign() == "[" or (self.text.sign() == "{" and depth < _DEEPEST):
                yield from self._arrays(inner, depth + 1)
            else:
                self._scalar(key, self.text.value())
            if self.text.take(",", "}") == "}":
                return
        self.text.take("}")

    def _scalar(self, key: str, value: Any) -> None:
        name = re.sub(r"[_\s-]", "", key).lower()
        if name in _TOTALS and isinstance(value, str) and value.isdecimal() and len(value) < 15:
            self.totals.append(int(value))
        self.has_next |= name in _NEXT and bool(value) and value != "null"

    def _elements(self) -> Iterator[FoundRow]:
        self.text.take("[")
        if self.text.sign() == "]":
            self.text.take("]")
            return
        end = ","
        while end == ",":
            value = self.text.value()
            found = json_row(value)
            yield (found, ascii(value)[:400].encode()) if isinstance(found, str) else found
            end = self.text.take(",", "]")
