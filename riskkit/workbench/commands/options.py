"""Options and arguments that several commands share, and the types of their values."""

from __future__ import annotations

import ipaddress
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText
from riskkit.workbench.commands.defining import Make, Together, argument, flag, option
from riskkit.workbench.runs.folders.ledger_places import LEDGER_VARIABLE, OWN_LEDGER, account_name
from riskkit.workbench.words.rules import fault_line


class _Folder(click.Path):
    """A folder with a name: an empty text would be the one we stand in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if str(value) == "":
            self.fail("''", param, ctx)
        return super().convert(value, param, ctx)


class Address(click.ParamType[str]):
    """An address of this machine, not a name that somebody else resolves."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The address in its usual form."""
        try:
            return str(ipaddress.ip_address(str(value)))
        except ValueError:
            return self.fail(RuleText("{} is not an IP address", repr(value)), param, ctx)


class Number(click.FloatRange):
    """A range that knows that nan is outside of it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number."""
        number = super().convert(value, param, ctx)
        return number if math.isfinite(number) else self.fail(repr(value), param, ctx)


FILE, FOLDER = click.Path(path_type=Path), _Folder(file_okay=False, path_type=Path)


def file_option(text: str, *names: str, **how: Any) -> Make:
    """An option for a file."""
    return option(text, *names, type=FILE, metavar="FILE", **how)


def folder_option(text: str, *names: str, **how: Any) -> Make:
    """An option for a folder."""
    return option(text, *names, type=FOLDER, metavar="DIR", **how)


def option_shown(text: str, *names: str, **how: Any) -> Make:
    """An option whose default is said in the help."""
    return option(text, *names, show_default=True, **how)


def folder_out(name: str) -> Make:
    """``--out`` of a command that writes several files, into a folder of this name unless told otherwise."""
    return folder_option("folder_out", "--out", "out", default=Path(name), show_default=True)


def example(name: str, stands_in: str) -> Make:
    """An argument that may be left out: the shipped example stands for it."""
    return argument(name, f"[{name.upper()}]", required=False, default=stands_in)


def _ledger_here() -> str:
    return os.environ.get(LEDGER_VARIABLE) or OWN_LEDGER


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


CASE, SESSION, WARNING = argument("case"), argument("session", "SESSION"), argument("warning", "WARNING")
FILES = argument("files", "FILE...", type=FILE, nargs=-1, required=True)
FORCE = flag("force", "--force")
RESUME = flag("resume", "--resume")
# the processors this process may use, which in a container are fewer than there are
JOBS = option_shown("jobs", "--jobs", type=click.IntRange(1, 256), default=_cores())
ON = option("on", "--on", metavar="DATE")
SINCE, UNTIL = option("since", "--since", metavar="DATE"), option("until", "--until", metavar="DATE")
ISSUER = option("issuer", "--issuer", metavar="NAME", required=True)
SUBMITTER = option("submitter", "--issuer", metavar="NAME")
EDITION = option_shown("edition", "--edition", type=click.IntRange(1988, 2100), default=2022)
REGISTER = folder_option("register", "--register", default=Path("register"), show_default=True)
BY = option("by", "--by", metavar="COLUMN", multiple=True)
ENGINE = option_shown("engine", "--engine", type=click.Choice(("duckdb", "spark")), default="duckdb")
SPARK, DASK = option("spark", "--cluster", metavar="URL"), option("dask", "--cluster", metavar="URL")
LEDGER = option("ledger", "--ledger", default=_ledger_here, metavar="PLACE")
KEYS = folder_option("keys", "--keys")
WHO, WHY = option("as", "--as", "who", metavar="NAME"), option("why", "--why", metavar="TEXT")
FILE_OUT = file_option("write", "--out", "out")
NO_BROWSER = flag("no_browser", "--no-browser")


def port_option(default: int) -> Make:
    """The port of a server."""
    return option_shown("port", "--port", type=click.IntRange(0, 65_535), default=default)


@dataclass(frozen=True)
class Act:
    """Who does something that the ledger records, why, and in which ledger."""

    who: str | None
    why: str | None
    ledger: str
    keys: Path | None = None

    @property
    def name(self) -> str:
        """Who acts: ``--as``, or the name of this account."""
        return self.who or account_name()


ACT = Together("act", Act, (WHO, WHY, LEDGER))
ACT_IN_COMMITTEE = Together("act", Act, (WHO, WHY, LEDGER, KEYS))


def beside(place: Path | str, name: str) -> Path:
    """Default place of an output file: next to its source, not the current folder."""
    if "://" in str(place):
        raise InputFaults("--out", [Fault("--out", "nothing", "a file, for a ledger on a server")])
    return Path(place).absolute().parent / name


def put_all(folder: Path, files: Mapping[str, bytes], *, is_forced: bool) -> list[str]:
    """Write files into a folder, all or none, and say where they are."""
    from riskkit.foundation.inputs.part_files import put_files

    put_files(folder, files, is_forced=is_forced)
    return [str(folder.absolute() / name) for name in files]


def fault_lines(faults: Iterable[Fault]) -> list[str]:
    """Faults in what was read, a line each."""
    return [f"  {fault_line(vars(fault))}" for fault in faults]
