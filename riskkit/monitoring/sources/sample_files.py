"""The made register as a folder of files, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pandas as pd

from riskkit.foundation.inputs import part_files
from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.monitoring.sources.sample_register import SampleRegister

ANSWERS = "known_answers.json"


def write_sample(made: SampleRegister, folder: Path, *, how: str) -> tuple[Path, ...]:
    """Write the sheets of a made register as CSV files, with its known answers beside them.

    Parameters
    ----------
    made : SampleRegister
        See `riskkit.monitoring.sources.sample_register.sample_register`.
    folder : Path
        Where to; it must be new or empty.
    how : str
        One line on how the register was made, kept with the answers.

    Returns
    -------
    tuple of Path
        The files, the answers last.

    Raises
    ------
    InputFaults
        When the folder is there and is not empty.

    Examples
    --------
    >>> import numpy as np
    >>> from riskkit.monitoring.sources.sample_register import sample_register
    >>> made = sample_register(600, rng=np.random.default_rng(1))
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     [file.name for file in write_sample(made, Path(there) / "sample", how="seed 1")][-2:]
    ['laboratory_report.csv', 'known_answers.json']
    """
    rule = "a new or empty folder"
    is_link = folder.is_symlink()
    is_taken = is_link or (folder.exists() and (not folder.is_dir() or any(folder.iterdir())))
    refuse("sample", [Fault(str(folder), shown(folder.name), rule)] if is_taken else [])
    folder.parent.mkdir(parents=True, exist_ok=True)
    part_files.sweep(folder.parent)
    waiting = folder.with_name(part_files.part_name(folder.name))
    waiting.mkdir()
    try:
        for sheet, rows in made.sheets.items():
            _write(waiting / f"{sheet}.csv", rows.to_csv(index=False, lineterminator="\r\n"), mark=True)
        text = json.dumps(known_answers(made, how=how), ensure_ascii=False, indent=1)
        _write(waiting / ANSWERS, text + "\n", mark=False)
        waiting.replace(folder)
    finally:
        shutil.rmtree(waiting, ignore_errors=True)
    return (*(folder / f"{sheet}.csv" for sheet in made.sheets), folder / ANSWERS)


def known_answers(made: SampleRegister, *, how: str) -> dict[str, object]:
    """What reading the files must give: the programmes, and how many rows each sheet has of which kind.

    Examples
    --------
    >>> import numpy as np
    >>> from riskkit.monitoring.sources.sample_register import sample_register
    >>> answers = known_answers(sample_register(600, rng=np.random.default_rng(1)), how="seed 1")
    >>> sorted(answers)
    ['how', 'programmes', 'rows']
    """

    def plain(rows: pd.DataFrame) -> object:
        return json.loads(rows.to_json(orient="records", force_ascii=False))

    return {"how": how, "programmes": plain(made.programmes), "rows": plain(made.rows)}


def _write(path: Path, text: str, *, mark: bool) -> None:
    """With the mark by which spreadsheets know UTF-8, if wished."""
    with path.open("w", encoding="utf-8-sig" if mark else "utf-8", newline="") as target:
        target.write(text)
        target.flush()
        os.fsync(target.fileno())
