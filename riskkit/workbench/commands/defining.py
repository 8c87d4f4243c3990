"""How commands are defined: a function with typed parameters, options above it, one answer for all readers.

A command is put together when it is called, its module imported only then: help of a group stays quick.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, TypeVar

import click
from click.exceptions import NoSuchCommand

from riskkit.foundation.inputs.faults import visible
from riskkit.foundation.language import LANGS, language
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.words.messages import answer

Make = Callable[[], click.Parameter]
Run = TypeVar("Run", bound="Callable[..., Answer | int]")


@dataclass(frozen=True)
class Answer:
    """What a command answers: facts for programs, lines for people, an exit code for both."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    lines: Iterable[str] = ()
    notes: Iterable[str] = ()
    """Lines beside the answer, for people, on stderr."""
    code: int = 0
    name: str = ""
    """What programs are told was done, where that is not the path of the command."""

    def show(self, path: str) -> int:
        """Write it as was asked, and give the exit code."""
        if wants_json():
            answer({"command": self.name or path, "ok": not self.code, "exit_code": self.code, **self.facts})
            return self.code
        for line in self.lines:
            click.echo(one_line(line))
        for line in self.notes:
            click.echo(one_line(line), err=True)
        return self.code


def one_line(text: str) -> str:
    """A line in which nothing hides: what somebody else wrote must not steer the terminal or add lines."""
    return visible(text).replace("\n", r"\n")


def wants_json() -> bool:
    """Whether the command that runs was given ``--json``."""
    return bool(click.get_current_context().meta.get("is_json"))


@dataclass(frozen=True)
class Together:
    """Options that a function takes as one value: a dataclass with a field for each of them."""

    name: str
    of: Callable[..., Any]
    options: tuple[Make, ...]


# not on a click.Command made at import: its help would keep the language of the first who asked
_PARAMETERS: dict[Callable[..., Answer | int], tuple[Make | Together, ...]] = {}


def command(*parameters: Make | Together) -> Callable[[Run], Run]:
    """Say which options and arguments a function takes at the command line, in the order of its help."""

    def mark(run: Run) -> Run:
        _PARAMETERS[run] = parameters
        return run

    return mark


def option(text: str, *names: str, **how: Any) -> Make:
    """An option; its help is ``opt_<text>`` of the catalogue, in the language in which it is asked for."""
    return lambda: click.Option(names, help=say(f"opt_{text}"), **how)


def flag(text: str, *names: str) -> Make:
    """An option without a value."""
    return option(text, *names, is_flag=True)


def argument(name: str, metavar: str | None = None, **how: Any) -> Make:
    """An argument."""
    return lambda: click.Argument([name], metavar=metavar, **how)


def built(path: str, where: str, *, epilog: str = "") -> click.Command:
    """The command of a path: its function is named as ``module.function`` of this package."""
    module, _, name = where.rpartition(".")
    run = getattr(importlib.import_module(f"riskkit.workbench.commands.{module}"), name)
    params: list[click.Parameter] = []
    taken: list[tuple[Together, list[str]]] = []
    for one in _PARAMETERS[run]:
        made = [make() for make in (one.options if isinstance(one, Together) else (one,))]
        params += made
        if isinstance(one, Together):
            taken.append((one, [str(parameter.name) for parameter in made]))

    def call(**values: Any) -> int:
        for together, names in taken:
            values[together.name] = together.of(**{name: values.pop(name) for name in names})
        found: Answer | int = run(**values)
        return found if isinstance(found, int) else found.show(path)

    return click.Command(
        path.rpartition(" ")[2], callback=call, params=[*params, _json_option(), *further()],
        help=about(path), epilog=say(epilog) if epilog else None, add_help_option=False,
    )  # fmt: skip


def about(path: str) -> str:
    """What a command or a group is for, in a line or two."""
    return say(f"about_{path.replace(' ', '_').replace('-', '_')}")


class Later(NamedTuple):
    """A command that is not put together yet."""

    about: str
    make: Callable[[], click.Command]


def later(path: str, what: str | Mapping[str, str], *, epilog: str = "") -> Later:
    """A command by its function, or a group by those of its commands."""
    if isinstance(what, str):
        return Later(about(path), partial(built, path, what, epilog=epilog))
    inner = {name: later(f"{path} {name}", where) for name, where in what.items()}
    return Later(about(path), lambda: LateGroup(path, inner, help=about(path), params=further()))


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


def further() -> list[click.Parameter]:
    """The options of every command and group; ``main`` has read the language before Click is asked."""
    lang = click.Option(
        ["--lang"], type=click.Choice(LANGS), default=language(), show_default=True,
        help=say("opt_lang"), expose_value=False,
    )  # fmt: skip
    return [lang, told_at_once(["-h", "--help"], "opt_help", click.Context.get_help)]


def told_at_once(names: Sequence[str], text: str, told: Callable[[click.Context], str]) -> click.Option:
    """An option that says something, and then nothing else is done."""

    def show(context: click.Context, _: click.Parameter, wanted: bool) -> None:
        if wanted and not context.resilient_parsing:
            click.echo(told(context))
            context.exit()

    return click.Option(names, is_flag=True, expose_value=False, is_eager=True, callback=show, help=say(text))


def _json_option() -> click.Option:
    def keep(context: click.Context, _: click.Parameter, wanted: bool) -> None:
        context.meta["is_json"] = wanted

    return click.Option(["--json"], is_flag=True, expose_value=False, callback=keep, help=say("opt_json"))
