"""The command group ``riskkit warning …``: which commands there are, and their options."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from riskkit.words.catalogue import warning_text as say
from riskkit.workbench.commands.decision_groups import LateGroup, Later, runner
from riskkit.workbench.runs.folders.ledger_places import LEDGER_VARIABLE

_ACT = ("as", "why", "ledger")
_OUT = (
    "id",
    "folder",
    "port",
    "lot",
    "all_goods",
    "contact",
    "measure",
    "templates",
    "authorised",
    "exercise",
    *_ACT,
)
COMMANDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "propose": ("proposing.propose", ("case", "id", "level", *_ACT)),
    "confirm": ("confirm", ("warning", "authorised", *_ACT)),
    "reject": ("reject", ("warning", *_ACT)),
    "issue": ("issue", ("warning", "until", *_ACT)),
    "raise": ("raise_level", ("warning", "level", "evidence", "authorised", *_ACT)),
    "lower": ("lower_level", ("warning", "level", "evidence", "effect", "consent", *_ACT)),
    "prolong": ("prolong", ("warning", "until", *_ACT)),
    "correct": ("correct", ("warning", "level", "evidence", "authorised", *_ACT)),
    "lift": ("lift", ("warning", "evidence", "effect", "consent", *_ACT)),
    "expire": ("expire", ("warning", *_ACT)),
    "draft": ("draft", ("case", *_OUT)),
    "approve": ("approve_issue", ("warning", "issue_id", *_ACT)),
    "release": ("release_issue", ("warning", "issue_id", "files", "channels", "recipients", *_ACT)),
    "status": ("status.show_status", ("ledger",)),
    "rehearse": ("rehearse_case", ("case", "folder", "port")),
}


def warning_group(further: Callable[[str], Sequence[click.Parameter]]) -> Later:
    """The group, with its help in one language."""
    return Later(say("about_warning"), partial(_group, further))


def _group(further: Callable[[str], Sequence[click.Parameter]]) -> LateGroup:
    later = {name: Later(say(f"about_warning_{name}"), partial(_command, name, further)) for name in COMMANDS}
    return LateGroup("warning", later, help=say("about_warning"), params=list(further("")))


def _command(name: str, further: Callable[[str], Sequence[click.Parameter]]) -> click.Command:
    function, wanted = COMMANDS[name]
    about, params = say(f"about_warning_{name}"), [_parameter(one) for one in wanted] + [*further(name)]
    module, _, of = function.rpartition(".")
    run = runner(f"warnings.{module or 'commands'}", of)
    return click.Command(name, callback=run, params=params, help=about, add_help_option=False)


def _parameter(name: str) -> click.Parameter:
    path, folder = click.Path(path_type=Path), click.Path(file_okay=False, path_type=Path)
    if name in ("case", "warning"):
        return click.Argument([name], metavar=name.upper())
    if name == "issue_id":
        return click.Argument([name], metavar="ISSUE")
    if name == "files":
        return click.Argument([name], metavar="DIR", type=path)
    place = os.environ.get(LEDGER_VARIABLE) or "ledger.sqlite"
    options: dict[str, tuple[list[str], dict[str, Any]]] = {
        "ledger": (["--ledger"], {"default": place, "metavar": "PLACE"}),
        "as": (["--as", "who"], {"metavar": "NAME"}),
        "why": (["--why"], {"metavar": "TEXT"}),
        "id": (["--warning", "warning"], {"metavar": "ID"}),
        "level": (["--level"], {"metavar": "LEVEL"}),
        "evidence": (["--evidence"], {"metavar": "TEXT", "multiple": True}),
        "until": (["--until"], {"metavar": "DATE"}),
        "effect": (["--effect"], {"is_flag": True}),
        "consent": (["--consent"], {"is_flag": True}),
        "authorised": (["--authorised"], {"is_flag": True}),
        "folder": (["--out", "out"], {"type": folder, "required": True, "metavar": "DIR"}),
        "port": (["--port", "ports"], {"metavar": "TEXT", "multiple": True}),
        "lot": (["--lot", "lots"], {"metavar": "TEXT", "multiple": True}),
        "all_goods": (["--all-goods", "all_goods"], {"metavar": "REASON", "default": ""}),
        "contact": (["--contact"], {"metavar": "TEXT", "default": ""}),
        "measure": (["--measure", "measures"], {"metavar": "CODE", "multiple": True}),
        "templates": (["--templates"], {"type": folder, "metavar": "DIR"}),
        "channels": (["--channels"], {"type": path, "required": True, "metavar": "FILE"}),
        "recipients": (["--recipients"], {"type": path, "metavar": "FILE"}),
        "exercise": (["--exercise"], {"is_flag": True}),
    }
    names, more = options[name]
    return click.Option(names, help=say(f"opt_warning_{name}"), **more)
