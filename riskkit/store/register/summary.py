"""What a register holds, in a few figures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from riskkit.store.register.lock import reading
from riskkit.store.register.manifest import Manifest, read_manifest, require_parts


@dataclass(frozen=True)
class RegisterSummary:
    """A register in figures.

    Parameters
    ----------
    generation : int
        How often it was changed.
    n_files : int
        Files read in.
    n_read, n_accepted, n_quarantined, n_duplicates : int
        Rows; the first is the sum of the others.
    n_superseded : int
        Accepted rows that do not count: another row of the same notice does.
    n_bytes, n_parts : int
        What it takes on the disk.
    by_source : dict of str to int
        Records of each source that count.
    by_year : dict of int to int
        Records of each year that count; 0 for those without a date.
    """

    generation: int
    n_files: int
    n_read: int
    n_accepted: int
    n_quarantined: int
    n_duplicates: int
    n_superseded: int
    n_bytes: int
    n_parts: int
    by_source: dict[str, int]
    by_year: dict[int, int]


def summary(folder: Path) -> RegisterSummary:
    """What a register holds now.

    Parameters
    ----------
    folder : Path
        The register.

    Raises
    ------
    InputFaults
        When the folder holds something else, or files of the register are lost.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     summary(Path(there)).n_read
    0
    """
    with reading(folder):
        manifest = read_manifest(folder)
        require_parts(folder, manifest)
        return summarised(manifest)


def summarised(manifest: Manifest) -> RegisterSummary:
    """The figures of a manifest.

    Examples
    --------
    >>> summarised(Manifest()).by_source
    {}
    """
    sources: Counter[str] = Counter()
    years: Counter[int] = Counter()
    for part in manifest.of_kind("records"):
        sources[part.source] += part.rows
        years[part.year] += part.rows
    for part in manifest.of_kind("superseded"):
        sources[part.source] -= part.rows
        years[part.year] -= part.rows
    names = ("n_read", "n_accepted", "n_quarantined", "n_duplicates")
    rows = {name: sum(getattr(one, name) for one in manifest.ingests) for name in names}
    return RegisterSummary(
        manifest.generation,
        len(manifest.ingests),
        n_superseded=sum(part.rows for part in manifest.of_kind("superseded")),
        n_bytes=sum(part.n_bytes for part in manifest.parts),
        n_parts=len(manifest.parts),
        by_source=dict(sorted((+sources).items())),
        by_year=dict(sorted((+years).items())),
        **rows,
    )
