"""The options and arguments of the commands: their names, types and defaults."""

from __future__ import annotations

import ipaddress
import math
import os
from pathlib import Path
from typing import Any

import click

from riskkit.foundation.inputs.faults import Fault, InputFaults
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.runs.kernels.engine_names import FORKED, STOCK

_LIMITS = ("deadline", "cell_deadline", "memory", "cell_output", "report_output")
_WITH_DEFAULT = (
    *_LIMITS,
    "form",
    "rows",
    "seed",
    "register",
    "limit",
    "engine",
    "report_engine",
    "level",
    "licence",
    "signals_out",
    "letters_out",
    "trace_out",
    "trade_out",
    "review_out",
    "review_hours",
    "edition",
    "lab_out",
    "fetch_out",
)

_EXAMPLES = {
    "findings": "enterprise_findings",
    "events": "trace_events",
    "reports": "signal_reports",
    "notifications": "trade_measures",
    "review": "catalogue_review",
    "progress": "recall_progress",
    "referrals": "referral",
}
"""Arguments that may be left out: the shipped example stands for them."""


def parameter(name: str, *, command: str) -> click.Parameter:
    """One option or argument of a command."""
    path, folder = click.Path(path_type=Path), _Folder(file_okay=False, path_type=Path)
    port = {"dashboard": 8866, "lab": 8888}.get(command, 0)
    out = "reports/demo" if command == "demo" else "reports"
    options: dict[str, tuple[list[str], dict[str, Any]]] = {
        "out": (["--out"], {"type": folder, "default": Path(out), "show_default": True}),
        "brief": (["--brief"], {"is_flag": True}),
        "profile": (["--profile"], {"metavar": "NAME"}),
        "param": (["-p", "param"], {"metavar": "NAME=VALUE", "multiple": True}),
        "parameters_file": (["-f", "--parameters-file"], {"type": path, "metavar": "FILE"}),
        "set": (["-p", "--set", "param"], {"metavar": "NAME=VALUE", "multiple": True}),
        "format": (["--format", "formats"], {"default": "html", "show_default": True}),
        "notebook": (["--notebook"], {"default": "assess_case", "show_default": True}),
        "report_engine": (["--engine"], {"type": click.Choice((FORKED, STOCK)), "default": FORKED}),
        **_limit_options(),
        **_serving_options(folder),
        "jobs": (["--jobs"], {"type": click.IntRange(1, 256), "default": _cores(), "show_default": True}),
        "resume": (["--resume"], {"is_flag": True}),
        "json": (["--json", "is_json"], {"is_flag": True}),
        "port": (["--port"], {"type": click.IntRange(0, 65_535), "default": port, "show_default": True}),
        "host": (["--host"], {"type": _Address(), "default": "127.0.0.1", "show_default": True}),
        "no_browser": (["--no-browser"], {"is_flag": True}),
        "people": (["--access", "people"], {"type": path, "metavar": "FILE"}),
        "form": (["--format", "form"], {"type": click.Choice(("csv", "xlsx")), "default": "xlsx"}),
        "file": (["--out", "out"], {"type": click.Path(path_type=Path), "metavar": "FILE"}),
        "rows": (["--rows"], {"type": click.IntRange(1, 10_000_000), "default": 200_000}),
        "seed": (["--seed"], {"type": click.IntRange(0), "default": 1}),
        "folder": (["--out", "out"], {"type": folder, "required": True, "metavar": "DIR"}),
        **_register_options(folder),
        **_trade_options(folder),
        **_paper_options(folder),
    }
    if name in options:
        names, more = options[name]
        shown = {"show_default": True} if name in _WITH_DEFAULT else {}
        return click.Option(names, help=say(f"opt_{name}"), **more, **shown)
    return _argument(name, path)


def _argument(name: str, path: click.Path) -> click.Argument:  # noqa: PLR0911 - one answer a kind
    if name == "files":
        return click.Argument(["files"], metavar="FILE...", nargs=-1, required=True, type=path)
    if name == "words":
        return click.Argument(["words"], metavar="WORD...", nargs=-1, required=True)
    if name == "kind":
        kinds = click.Choice(("cases", "profiles", "notebooks", "sources"))
        return click.Argument(["kind"], type=kinds, required=False)
    if name == "new_kind":
        return click.Argument(
            ["kind"], type=click.Choice(("case", "profile", "study", "mapping", "what-ifs"))
        )
    if name == "fetch_name":
        return click.Argument(["name"], metavar="SOURCE")
    if name == "new_name":
        return click.Argument(["name"], metavar="ID")
    if name in _EXAMPLES:
        return click.Argument([name], metavar=f"[{name.upper()}]", required=False, default=_EXAMPLES[name])
    if name == "notebook_name":
        return click.Argument(["notebook"], metavar="NOTEBOOK")
    if name in ("list", "package"):
        return click.Argument(["source" if name == "list" else name], metavar=name.upper(), type=path)
    return click.Argument(
        [name], metavar="[CASE]..." if name == "cases" else None, nargs=-1 if name == "cases" else 1
    )


def _limit_options() -> dict[str, tuple[list[str], dict[str, Any]]]:
    return {
        "deadline": (["--deadline"], {"type": _Number(1, 86_400), "default": 600.0}),
        "cell_deadline": (["--cell-deadline"], {"type": _Number(1, 86_400), "default": 300.0}),
        "memory": (["--memory"], {"type": _Number(0.25, 4096), "default": 4.0, "metavar": "GIB"}),
        "cell_output": (["--cell-output"], {"type": _Number(0.1, 10_000), "default": 20.0, "metavar": "MB"}),
        "report_output": (
            ["--report-output"],
            {"type": _Number(0.1, 10_000), "default": 100.0, "metavar": "MB"},
        ),
    }


def _trade_options(folder: click.Path) -> dict[str, tuple[list[str], dict[str, Any]]]:
    return {
        "review_day": (["--on", "on"], {"metavar": "DATE"}),
        "review_hours": (["--hours", "hours"], {"type": _Number(0, 1e6), "default": 1_000.0}),
        "review_out": (
            ["--out", "out"],
            {"type": folder, "default": Path("catalogue-review"), "metavar": "DIR"},
        ),
        "submitter": (["--issuer", "issuer"], {"metavar": "NAME"}),
        "edition": (["--edition"], {"type": click.IntRange(1988, 2100), "default": 2022}),
        "trade_out": (
            ["--out", "out"],
            {"type": folder, "default": Path("trade-measures"), "metavar": "DIR"},
        ),
    }


def _serving_options(folder: click.Path) -> dict[str, tuple[list[str], dict[str, Any]]]:
    return {
        "lab_out": (["--out", "out"], {"type": folder, "default": Path("riskkit-lab"), "metavar": "DIR"}),
        "pages": (["--pages", "most"], {"type": click.IntRange(1, 1000)}),
        "pages_each": (["--pages-each", "most_each"], {"type": click.IntRange(1, 1000)}),
        "closed_after": (["--closed-after", "closed_seconds"], {"type": _Number(1, 86_400)}),
        "intake": (["--intake"], {"type": folder, "metavar": "DIR"}),
        "proxy": (["--proxy", "proxies"], {"type": _Address(), "multiple": True, "metavar": "ADDRESS"}),
    }


def _register_options(folder: click.Path) -> dict[str, tuple[list[str], dict[str, Any]]]:
    return {
        "source": (["--source"], {"metavar": "NAME"}),
        "mapping": (["--mapping"], {"type": click.Path(path_type=Path), "metavar": "FILE"}),
        "register": (["--register"], {"type": folder, "default": Path("register"), "metavar": "DIR"}),
        "limit": (["--limit"], {"type": click.IntRange(1), "default": 1000}),
        "by": (["--by"], {"metavar": "COLUMN", "multiple": True}),
        "units": (["--units"], {"type": _Number(1, 1e12)}),
        "fetch_since": (["--since"], {"metavar": "DATE", "required": True}),
        "online": (["--online"], {"is_flag": True}),
        "fetch_out": (["--out", "out"], {"type": folder, "default": Path("fetched"), "metavar": "DIR"}),
        "fetch_register": (["--register"], {"type": folder, "metavar": "DIR"}),
        "since": (["--since"], {"metavar": "DATE"}),
        "until": (["--until"], {"metavar": "DATE"}),
        "engine": (["--engine"], {"type": click.Choice(("duckdb", "spark")), "default": "duckdb"}),
        "force": (["--force"], {"is_flag": True}),
        "sheet": (["--out", "out"], {"type": click.Path(path_type=Path), "metavar": "FILE"}),
        "package_out": (["--out", "out"], {"type": click.Path(path_type=Path), "metavar": "FILE"}),
        "level": (["--level"], {"type": click.Choice(("records", "counts")), "default": "records"}),
        "where": (["-w", "--where", "where"], {"metavar": "NAME=VALUE", "multiple": True}),
        "title": (["--title"], {"metavar": "TEXT"}),
        "publisher": (["--publisher"], {"metavar": "NAME", "default": "not stated"}),
        "licence": (["--licence"], {"metavar": "NAME", "default": "other-closed"}),
        "check": (["--check"], {"is_flag": True}),
        "on": (["--on"], {"metavar": "DATE"}),
        "budget": (["--budget"], {"type": click.IntRange(0, 10_000)}),
        "steps": (["--steps"], {"type": click.Path(path_type=Path), "metavar": "FILE"}),
        "here": (["--here"], {"metavar": "NAME"}),
        "exposure": (["--exposure"], {"metavar": "FILE"}),
        "duties": (["--duties"], {"metavar": "FILE"}),
        "tests": (["--tests"], {"metavar": "FILE"}),
        "issuer": (["--issuer"], {"metavar": "NAME", "required": True}),
        "letters_out": (["--out", "out"], {"type": folder, "default": Path("letters"), "metavar": "DIR"}),
        "letter_format": (["--format", "letter_formats"], {"default": "html,docx", "show_default": True}),
        "lots": (["--lots"], {"metavar": "LOTS"}),
        "answers": (["--answers"], {"metavar": "FILE"}),
        "asked_at": (["--asked-at"], {"metavar": "TIME"}),
        "asked_until": (["--until", "asked_until"], {"metavar": "TIME"}),
        "trace_out": (["--out", "out"], {"type": folder, "default": Path("trace"), "metavar": "DIR"}),
        "signals_out": (["--out", "out"], {"type": folder, "default": Path("signals"), "metavar": "DIR"}),
    }


def _paper_options(folder: click.Path) -> dict[str, tuple[list[str], dict[str, Any]]]:
    return {
        "recall_facts": (["--facts", "facts"], {"metavar": "FILE"}),
        "recall_kind": (["--kind"], {"type": click.Choice(("stage", "final")), "default": "stage"}),
        "consignments": (["--facts", "facts"], {"metavar": "FILE", "required": True}),
        "paper_day": (["--on"], {"metavar": "DATE", "required": True}),
        "papers_out": (["--out", "out"], {"type": folder, "default": Path("papers"), "metavar": "DIR"}),
        "paper_format": (["--format", "paper_formats"], {"default": "docx", "show_default": True}),
    }


def beside(place: Path | str, name: str) -> Path:
    """Default place of an output file: next to its source, not the current folder."""
    if "://" in str(place):
        raise InputFaults("--out", [Fault("--out", "nothing", "a file, for a ledger on a server")])
    return Path(place).absolute().parent / name


class _Folder(click.Path):
    """A folder with a name: an empty text would be the one we stand in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if str(value) == "":
            self.fail("''", param, ctx)
        return super().convert(value, param, ctx)


class _Address(click.ParamType[str]):
    """An address of this machine, not a name that somebody else resolves."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return str(ipaddress.ip_address(str(value)))
        except ValueError:
            return self.fail(f"{value!r} is not an IP address", param, ctx)


class _Number(click.FloatRange):
    """A range that knows that nan is outside of it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        return number if math.isfinite(number) else self.fail(repr(value), param, ctx)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
