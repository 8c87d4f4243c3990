"""The pictures of a case: read from beside its file, refused where they are not what the file says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from riskkit.assessment.facts.case_file import Case
from riskkit.foundation.inputs.faults import Fault, InputFaults
from riskkit.foundation.inputs.picture_file import PictureFile, read_picture
from riskkit.foundation.inputs.toml_file import TomlFile
from riskkit.foundation.records.partial_records import ABSENT


def case_pictures(case: Case, folder: Path) -> tuple[PictureFile, ...]:
    """The pictures of a case, checked and drawn anew.

    Raises
    ------
    InputFaults
        With everything that is wrong with the first that cannot be used.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> case_pictures(load_case("note7-battery-2016"), Path("."))
    ()
    """
    return tuple(read_picture(folder, one.file, sha256=one.sha256) for one in case.pictures)


def picture_faults(case: Case, file: TomlFile, folder: Path | None) -> list[Fault]:
    """What is wrong with the pictures that a case names, each with its line; nothing without a folder.

    Examples
    --------
    >>> from riskkit.case.case_reading import load_case
    >>> picture_faults(load_case("note7-battery-2016"), TomlFile("note7.toml", {}, "", {}), Path("."))
    []
    """
    faults: list[Fault] = []
    for number, one in enumerate(case.pictures if folder is not None else ()):
        if ABSENT in (one.file, one.sha256):  # a fault of its own
            continue
        try:
            read_picture(Path(folder or "."), one.file, sha256=one.sha256)
        except InputFaults as error:
            places = [file.place(("pictures", number, fault.place)) for fault in error.faults]
            faults += [replace(fault, place=at) for fault, at in zip(error.faults, places, strict=True)]
    return faults
