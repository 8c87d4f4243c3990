"""The commands that write empty sheets to fill and made registers to try: ``template`` and ``sample``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from riskkit.foundation.inputs.faults import Fault, one_of, refuse, shown
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.words.messages import answer


def make_template(name: str, **given: Any) -> int:
    """Write the template of a sheet and say where it is."""
    from riskkit.monitoring.sources.sheets.sheets import sheet_names
    from riskkit.monitoring.sources.sheets.templates import write_template

    out = given["out"] or Path(f"{name}.{given['form']}")
    faults = []
    if name not in sheet_names():
        faults.append(Fault("NAME", shown(name), one_of(name, sheet_names())))
    if out.is_dir() or out.suffix not in ("", f".{given['form']}"):
        faults.append(Fault("--out", shown(str(out)), f"*.{given['form']}"))
    refuse("template", faults)
    files = write_template(name, out, form=given["form"], is_forced=given.get("force", False))
    _told("template", files, given, sheet=name)
    return 0


def make_sample(**given: Any) -> int:
    """Write a made register and say what it holds."""
    import numpy as np

    from riskkit.monitoring.sources.sample_files import write_sample
    from riskkit.monitoring.sources.sample_register import FEWEST_ROWS, sample_register

    rule = f">= {FEWEST_ROWS}"
    refuse("sample", [Fault("--rows", shown(given["rows"]), rule)] if given["rows"] < FEWEST_ROWS else [])
    made = sample_register(given["rows"], rng=np.random.default_rng(given["seed"]), lang=given["lang"])
    how = f"riskkit sample --rows {given['rows']} --seed {given['seed']} --lang {given['lang']}"
    files = write_sample(made, given["out"], how=how)
    _told("sample", files, given, rows=given["rows"], seed=given["seed"])
    return 0


def _told(command: str, files: tuple[Path, ...], given: dict[str, Any], **facts: Any) -> None:
    if given["is_json"]:
        paths = [str(file) for file in files]
        answer({"command": command, "ok": True, "exit_code": 0, "files": paths, **facts})
        return
    for file in files:
        click.echo(say("written", file=str(file)))
