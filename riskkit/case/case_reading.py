"""A case from its file, with every fault of it: no table is needed for that, and nothing is assessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from riskkit.assessment.facts.case_checks import case_faults, found_by, yes_no_faults
from riskkit.assessment.facts.case_file import Case
from riskkit.assessment.facts.experience_checks import experience_faults
from riskkit.assessment.facts.method_checks import method_faults
from riskkit.case.case_pictures import picture_faults
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse, shown
from riskkit.foundation.inputs.toml_file import TomlFile, read_toml
from riskkit.foundation.numbers.toml_record import as_record
from riskkit.foundation.records.partial_records import partial_record
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.risk_matrices import DEFAULT_MATRIX, risk_matrix


def load_case(path: str | Path) -> Case:
    """A case from its TOML file, or a shipped case by its id.

    Parameters
    ----------
    path : str or Path
        A file, or the id of a case in ``data/cases``.

    Returns
    -------
    Case

    Raises
    ------
    InputFaults
        With every fault of the file and its line.

    Examples
    --------
    >>> load_case("note7-battery-2016").product.brand
    'Samsung'
    """
    text = str(path)
    if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", text):
        path = shipped.case_path(text)
    return parse_case(read_toml(path), folder=Path(path).parent)


def parse_case(file: TomlFile, *, folder: Path | None = None) -> Case:
    """A case from a TOML file already read.

    Parameters
    ----------
    file : TomlFile
        As read.
    folder : Path, optional
        Where its pictures lie; they are not looked at otherwise.

    Raises
    ------
    InputFaults
        With every fault of the file and its line.

    Examples
    --------
    >>> from riskkit.foundation.inputs.toml_file import parse_toml
    >>> try:
    ...     parse_case(parse_toml(b"schema = 2", "x.toml"))
    ... except ValueError as error:
    ...     print(len(error.faults) > 5)
    True
    """
    try:
        case = as_record(file, Case)
    except InputFaults as error:
        partial = partial_record(Case, file.data)
        found = _faults_across(file, partial, is_partial=True) + picture_faults(partial, file, folder)
        refuse(file.name, [*error.faults, *(one for one in found if not _is_covered(one, error.faults))])
        raise
    refuse(file.name, _faults_across(file, case) + picture_faults(case, file, folder))
    return case


def _faults_across(file: TomlFile, case: Case, *, is_partial: bool = False) -> list[Fault]:
    """Faults that no single field shows."""
    facts, injuries = standards.facts(), standards.rows("injury_severity")
    tables: dict[str, Any] = {
        "facts": facts,
        "injuries": injuries,
        "matrix": risk_matrix(DEFAULT_MATRIX),
    }
    found = case_faults(case, **tables, is_partial=is_partial)
    found += found_by(yes_no_faults(file.data, facts), is_partial=is_partial)
    found += method_faults(case, is_partial=is_partial)
    found += experience_faults(case, is_partial=is_partial)
    return [Fault(file.place(place), shown(value), rule) for place, value, rule in found]


def _is_covered(fault: Fault, known: Sequence[Fault]) -> bool:
    """Whether a fault of this place, of what it refers to, of a part or of the whole is known already."""

    def is_in(inner: str, outer: str) -> bool:
        return inner == outer or inner.startswith((f"{outer}.", f"{outer}["))

    path, *others = (one.place.partition(" ")[2] for one in (fault, *known))
    return any(is_in(path, other) or is_in(other, path) or f"[[{other}]]" in fault.rule for other in others)
