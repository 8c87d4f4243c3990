"""The record ids of a register in sorted files, so that a row that is there already is known at once.

An id is 128 bits. A file of ids holds their first halves, sorted, and then their second halves in the same
order. It is mapped, not read: a few new rows touch a few pages of it, whatever its size.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from numpy.typing import NDArray

Halves = NDArray[np.uint64]
_AT_ONCE = 1 << 22
_MOST_IN_MEMORY = 1 << 24


@dataclass(frozen=True)
class IdRun:
    """Some ids, sorted.

    Parameters
    ----------
    first, second : ndarray of uint64
        The halves; sorted by the first, then by the second.
    """

    first: Halves
    second: Halves

    def __len__(self) -> int:
        return len(self.first)

    def has(self, first: Halves, second: Halves) -> NDArray[np.bool_]:
        """Which of some ids are among them."""
        found = np.zeros(len(first), dtype=bool)
        if not len(self):
            return found
        at = np.searchsorted(self.first, first)
        open_ = np.flatnonzero(at < len(self))
        while len(open_):
            places = at[open_]
            same = self.first[places] == first[open_]
            hit = same & (self.second[places] == second[open_])
            found[open_[hit]] = True
            open_ = open_[same & ~hit]
            at[open_] += 1
            open_ = open_[at[open_] < len(self)]
        return found


def halves(record_ids: pa.Array) -> tuple[Halves, Halves]:
    """Ids of 32 hexadecimal digits as two numbers each.

    Examples
    --------
    >>> [half.tolist() for half in halves(pa.array(["0" * 15 + "1" + "0" * 15 + "2"]))]
    [[1], [2]]
    """
    if not len(record_ids):
        return np.empty(0, np.uint64), np.empty(0, np.uint64)
    ends = np.frombuffer(record_ids.buffers()[1], dtype=np.int32)
    start, end = ends[record_ids.offset], ends[record_ids.offset + len(record_ids)]
    digits = memoryview(record_ids.buffers()[2])[start:end]
    numbers = np.frombuffer(bytes.fromhex(str(digits, "ascii")), dtype=">u8").reshape(-1, 2)
    return numbers[:, 0].astype(np.uint64), numbers[:, 1].astype(np.uint64)


def sorted_run(first: Halves, second: Halves) -> IdRun:
    """Ids in their order.

    Examples
    --------
    >>> sorted_run(np.array([2, 1], np.uint64), np.array([5, 6], np.uint64)).second.tolist()
    [6, 5]
    """
    order = _in_order(first, second)
    return IdRun(first[order], second[order])


def _in_order(first: Halves, second: Halves) -> NDArray[np.intp]:
    """The places of ids in their order, of equal ones the earlier first; runs that are sorted are merged."""
    order = np.argsort(first, kind="stable")
    in_order = first[order]
    return np.lexsort((second, first)) if (in_order[1:] == in_order[:-1]).any() else order


def open_run(path: Path) -> IdRun:
    """A file of ids, mapped.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     write_run(Path(there) / "a.ids", [sorted_run(np.array([7], np.uint64), np.array([8], np.uint64))])
    ...     open_run(Path(there) / "a.ids").first.tolist()
    1
    [7]
    """
    n_ids = path.stat().st_size // 16
    if not n_ids:
        return IdRun(np.empty(0, np.uint64), np.empty(0, np.uint64))
    data = np.memmap(path, dtype="<u8", mode="r", shape=(2, n_ids))
    return IdRun(data[0], data[1])


def write_run(path: Path, runs: Sequence[IdRun]) -> int:
    """Several runs as one file, merged a piece at a time, and on the disk; gives the number of ids.

    Raises
    ------
    OSError
        When it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> one = sorted_run(np.array([7, 1], np.uint64), np.array([8, 8], np.uint64))
    >>> with tempfile.TemporaryDirectory() as there:
    ...     write_run(Path(there) / "a.ids", [one, one])
    4
    """
    n_ids, done = sum(map(len, runs)), 0
    with path.open("wb") as target:
        for piece in _pieces(runs, n_ids):
            for half, numbers in enumerate((piece.first, piece.second)):
                target.seek(8 * (half * n_ids + done))
                target.write(numbers.astype("<u8", copy=False).tobytes())
            done += len(piece)
        target.flush()
        os.fsync(target.fileno())
    return n_ids


def _pieces(runs: Sequence[IdRun], n_ids: int) -> Iterator[IdRun]:
    """The ids in order; being digests they are spread evenly, so that equal ranges are equal pieces."""
    n_pieces = n_ids // _AT_ONCE + 1
    edges = [(2**64 * number) // n_pieces for number in range(n_pieces)]
    starts = [np.searchsorted(run.first, np.array(edges, dtype=np.uint64)) for run in runs]
    for number in range(n_pieces):
        cuts = [
            slice(start[number], start[number + 1] if number + 1 < n_pieces else len(run))
            for run, start in zip(runs, starts, strict=True)
        ]
        first = [run.first[cut] for run, cut in zip(runs, cuts, strict=True)]
        second = [run.second[cut] for run, cut in zip(runs, cuts, strict=True)]
        yield sorted_run(np.concatenate(first), np.concatenate(second))


class SeenIds:
    """The ids seen so far: those of the register, and those of the file that is being read.

    Parameters
    ----------
    kept : iterable of IdRun
        The ids of the register.
    folder : Path
        Where to put ids when there are too many for the memory.
    name : str
        Beginning of the names of those files.
    """

    def __init__(self, kept: Iterable[IdRun], folder: Path, name: str) -> None:
        self.kept, self.folder, self.name = list(kept), folder, name
        self.fresh: list[IdRun] = []
        self.spilled: list[Path] = []

    def new_rows(self, record_ids: pa.Array) -> NDArray[np.bool_]:
        """Which rows were not seen before, each id once; they count as seen from now on."""
        first, second = halves(record_ids)
        order = _in_order(first, second)
        first, second = first[order], second[order]
        is_new = np.ones(len(order), dtype=bool)
        is_new[1:] = (first[1:] != first[:-1]) | (second[1:] != second[:-1])
        for run in (*self.kept, *self.fresh):
            places = np.flatnonzero(is_new)
            is_new[places] = ~run.has(first[places], second[places])
        self._take(IdRun(first[is_new], second[is_new]))
        found = np.empty(len(order), dtype=bool)
        found[order] = is_new
        return found

    def _take(self, run: IdRun) -> None:
        """Runs of like size are merged, so that there are never many."""
        while self.fresh and len(self.fresh[-1]) <= 2 * len(run):
            other = self.fresh.pop()
            run = sorted_run(
                np.concatenate([other.first, run.first]), np.concatenate([other.second, run.second])
            )
        self.fresh.append(run)
        if sum(map(len, self.fresh)) > _MOST_IN_MEMORY:
            self.spill()

    def spill(self) -> None:
        """Put the fresh ids into a file."""
        if sum(map(len, self.fresh)):
            path = self.folder / f"{self.name}-{len(self.spilled):03d}.ids"
            write_run(path, self.fresh)
            self.spilled.append(path)
            self.kept.append(open_run(path))
        self.fresh = []
