"""The command groups about decisions: ``riskkit ledger``, ``committee``, ``response`` and ``access``."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from riskkit.words.catalogue import command_text as say
from riskkit.workbench.runs.folders.ledger_places import LEDGER_VARIABLE, OWN_LEDGER

_PLACE = ("ledger",)
_ROLES = ("assessor", "expert", "chair", "leadership", "auditor")
_METHODS = ("token", "password", "header")
_ACT = ("as", "why", "ledger", "keys")
# group → command → the function that does it, and its parameters
GROUPS: Mapping[str, Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "ledger": {
        "verify": ("verify_ledger", ("anchors", *_PLACE)),
        "show": ("show_events", ("stream", "until", "last", *_PLACE)),
        "anchor": ("anchor_ledger", ("write", "force", *_PLACE)),
        "export": ("export_events", ("write", "force", *_PLACE)),
        "import": ("import_events", ("file", *_PLACE)),
        "backup": ("backup_ledger", ("write", *_PLACE)),
        "restore": ("restore_ledger", ("file", *_PLACE)),
        "rebase": ("rebase_ledger", ("after", "as", "why", *_PLACE)),
    },
    "committee": {
        "open": ("open_committee", ("case", "experts", "new_session", "rounds", *_ACT)),
        "declare": ("declare_interest", ("session", "member", "interest", *_ACT)),
        "recuse": ("recuse_expert", ("session", "member", *_ACT)),
        "open-round": ("open_round", ("session", *_ACT)),
        "ballot-form": (
            "ballot.ballot_forms",
            ("session", "expert", "forms", "form", "force", "ledger", "keys"),
        ),
        "take-ballots": ("ballot.take_ballots", ("session", "files", *_ACT)),
        "close-round": ("close_round", ("session", *_ACT)),
        "vote": ("open_vote", ("session", *_ACT)),
        "confirm": ("confirm_vote", ("session", "no", *_ACT)),
        "sign": ("sign_minutes", ("session", *_ACT)),
        "end": ("end_session", ("session", *_ACT)),
        "status": ("show_status", ("session", "ledger", "keys")),
        "minutes": ("write_minutes", ("session", "write", "force", "export", *_PLACE)),
        "report": ("write_report", ("session", "write", "force", "export", *_PLACE)),
        "case": ("write_case", ("session", "write", "force", "export", *_PLACE)),
    },
    "response": {
        "record": (
            "response.acting.record_step",
            ("flow", "subject", "step", "acting_role", "evidence", "facts", "as", "why", *_PLACE),
        ),
        "show": ("response.acting.show_life", ("flow", "subject", *_PLACE)),
        "list": ("response.acting.list_lives", ("any_flow", "all", *_PLACE)),
    },
    "access": {
        "add": ("add_person", ("name", "role", "people", "days", "method")),
        "remove": ("remove_person", ("name", "people")),
        "list": ("list_people", ("people",)),
    },
}


def decision_groups(further: Callable[[str], Sequence[click.Parameter]]) -> Iterator[click.Group]:
    """The groups, with their help in one language."""
    for name, commands in GROUPS.items():
        group = click.Group(name, help=say(f"about_{name}"), add_help_option=False)
        group.params += further("")
        for command, (function, wanted) in commands.items():
            text = say(f"about_{name}_{command.replace('-', '_')}")
            params = [_parameter(one) for one in wanted] + [*further(command)]
            module, _, of = function.rpartition(".")
            run = runner(module or name, of)
            group.add_command(
                click.Command(command, callback=run, params=params, help=text, add_help_option=False)
            )
        yield group


def runner(module: str, function: str) -> Callable[..., int]:
    """A command whose work is imported when it is called."""

    def run(**given: Any) -> int:
        done: int = getattr(importlib.import_module(f"riskkit.workbench.commands.{module}"), function)(
            **given
        )
        return done

    return run


_OPTIONS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "acting_role": (["--role", "acting_role"], {"metavar": "ROLE"}),
    "evidence": (["--evidence"], {"metavar": "TEXT", "multiple": True}),
    "facts": (["--set", "facts"], {"metavar": "NAME=VALUE", "multiple": True}),
    "all": (["--all"], {"is_flag": True}),
    "as": (["--as", "who"], {"metavar": "NAME"}),
    "why": (["--why"], {"metavar": "TEXT"}),
    "after": (["--after"], {"type": click.IntRange(0), "required": True, "metavar": "N"}),
    "stream": (["--stream"], {"metavar": "NAME"}),
    "until": (["--until"], {"metavar": "WHEN"}),
    "last": (["--limit", "limit"], {"type": click.IntRange(1), "default": 50, "show_default": True}),
    "new_session": (["--session"], {"metavar": "ID"}),
    "rounds": (["--rounds"], {"type": click.IntRange(1, 20)}),
    "member": (["--expert"], {"metavar": "ID", "required": True}),
    "expert": (["--expert"], {"metavar": "ID"}),
    "interest": (["--interest"], {"metavar": "TEXT", "default": ""}),
    "form": (["--format", "form"], {"type": click.Choice(("xlsx", "csv")), "default": "xlsx"}),
    "no": (["--no"], {"is_flag": True}),
    "force": (["--force"], {"is_flag": True}),
    "role": (["--role"], {"type": click.Choice(_ROLES), "required": True}),
    "days": (["--days"], {"type": click.IntRange(0, 3650)}),
    "method": (["--method"], {"type": click.Choice(_METHODS), "default": "token"}),
}


def _parameter(name: str) -> click.Parameter:
    path, folder = click.Path(path_type=Path), click.Path(file_okay=False, path_type=Path)
    place = os.environ.get(LEDGER_VARIABLE) or OWN_LEDGER
    arguments: dict[str, dict[str, Any]] = {
        "case": {"metavar": "CASE"},
        "session": {"metavar": "SESSION"},
        "name": {"metavar": "NAME"},
        **{word: {"metavar": word.upper()} for word in ("flow", "subject", "step")},
        "file": {"metavar": "FILE", "type": path},
        "files": {"metavar": "FILE...", "type": path, "nargs": -1, "required": True},
    }
    if name == "any_flow":
        return click.Argument(["flow"], metavar="FLOW", required=False)
    if name in arguments:
        return click.Argument([name], **arguments[name])
    options: dict[str, tuple[list[str], dict[str, Any]]] = {
        **_OPTIONS,
        "ledger": (["--ledger"], {"default": place, "metavar": "PLACE"}),
        "keys": (["--keys"], {"type": folder, "metavar": "DIR"}),
        "anchors": (["--anchor", "anchors"], {"type": path, "multiple": True, "metavar": "FILE"}),
        "write": (["--out", "out"], {"type": path, "metavar": "FILE"}),
        "export": (["--export"], {"type": path, "metavar": "FILE"}),
        "experts": (["--experts"], {"type": path, "metavar": "FILE", "required": True}),
        "forms": (["--out", "folder"], {"type": folder, "metavar": "DIR"}),
        "people": (["--access", "people"], {"type": path, "default": Path("access.toml"), "metavar": "FILE"}),
    }
    names, more = options[name]
    return click.Option(names, help=say(f"opt_decision_{name}"), **more)
