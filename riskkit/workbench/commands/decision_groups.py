"""Groups of commands put together when one is called, and those about decisions (``riskkit ledger`` …)."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import click
from click.exceptions import NoSuchCommand

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
    "intake": {
        "list": ("intake.deciding.list_reports", ("intake_state", "intake_folder")),
        "show": ("intake.deciding.show_report", ("receipt", "intake_folder")),
        "accept": (
            "intake.deciding.accept_report",
            ("receipt", "intake_folder", "register", "as", "why", *_PLACE),
        ),
        "refuse": ("intake.deciding.refuse_report", ("receipt", "intake_folder", "as", "why", *_PLACE)),
    },
    "access": {
        "add": ("add_person", ("name", "role", "people", "days", "method")),
        "remove": ("remove_person", ("name", "people")),
        "list": ("list_people", ("people",)),
    },
}


class Later(NamedTuple):
    """A command that is not put together yet."""

    about: str
    make: Callable[[], click.Command]


class LateGroup(click.Group):
    """Commands by name, each put together at its first call."""

    def __init__(self, name: str, later: Mapping[str, Later], **more: Any) -> None:
        super().__init__(name, add_help_option=False, **more)
        self.later = dict(later)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names."""
        return sorted(self.later)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, whole."""
        if cmd_name not in self.commands and cmd_name in self.later:
            self.add_command(self.later[cmd_name].make(), cmd_name)
        return self.commands.get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that a line names; for a wrong name, the nearest of all names."""
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as error:
            raise NoSuchCommand(error.command_name, possibilities=self.later, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The names with a line each, which takes no options of theirs."""
        lines = {name: click.Command(name, help=later.about) for name, later in self.later.items()}
        click.Group(self.name, commands=lines).format_commands(ctx, formatter)


def decision_groups(further: Callable[[str], Sequence[click.Parameter]]) -> dict[str, Later]:
    """The groups, with their help in one language."""
    return {name: Later(say(f"about_{name}"), partial(_group, name, further)) for name in GROUPS}


def _group(name: str, further: Callable[[str], Sequence[click.Parameter]]) -> LateGroup:
    later = {
        command: Later(
            say(f"about_{name}_{command.replace('-', '_')}"), partial(_command, name, command, further)
        )
        for command in GROUPS[name]
    }
    return LateGroup(name, later, help=say(f"about_{name}"), params=list(further("")))


def _command(group: str, name: str, further: Callable[[str], Sequence[click.Parameter]]) -> click.Command:
    function, wanted = GROUPS[group][name]
    about = say(f"about_{group}_{name.replace('-', '_')}")
    params = [_parameter(one) for one in wanted] + [*further(name)]
    module, _, of = function.rpartition(".")
    run = runner(module or group, of)
    return click.Command(name, callback=run, params=params, help=about, add_help_option=False)


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
        **{word: {"metavar": word.upper()} for word in ("flow", "subject", "step", "receipt")},
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
        "register": (["--register"], {"type": folder, "default": Path("register"), "metavar": "DIR"}),
        "intake_folder": (
            ["--intake", "folder"],
            {"type": folder, "default": Path("intake"), "metavar": "DIR"},
        ),
        "intake_state": (
            ["--state"],
            {"type": click.Choice(("waiting", "accepted", "refused")), "default": "waiting"},
        ),
        "write": (["--out", "out"], {"type": path, "metavar": "FILE"}),
        "export": (["--export"], {"type": path, "metavar": "FILE"}),
        "experts": (["--experts"], {"type": path, "metavar": "FILE", "required": True}),
        "forms": (["--out", "folder"], {"type": folder, "metavar": "DIR"}),
        "people": (["--access", "people"], {"type": path, "default": Path("access.toml"), "metavar": "FILE"}),
    }
    names, more = options[name]
    return click.Option(names, help=say(f"opt_decision_{name}"), **more)
