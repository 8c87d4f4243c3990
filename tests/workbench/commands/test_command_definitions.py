"""How commands are defined: options and parameters are the same names, and one answer serves people and programs."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator

import click
import pytest

from riskkit.workbench.commands import cli, defining
from riskkit.workbench.commands.defining import Answer, Together, command, flag, option


def functions() -> Iterator[tuple[str, str]]:
    """The path of each command, and the function that does it."""
    for name, what in cli._COMMANDS.items():
        inner = {"": what} if isinstance(what, str) else what
        yield from ((f"{name} {command}".strip(), where) for command, where in inner.items())


@pytest.mark.parametrize(("path", "where"), list(functions()))
def test_the_options_of_a_command_are_the_parameters_of_its_function(path: str, where: str) -> None:
    built = defining.built(path, where)
    module, _, name = where.rpartition(".")
    run = getattr(defining.importlib.import_module(f"riskkit.workbench.commands.{module}"), name)
    wanted = {name: of.annotation for name, of in inspect.signature(run).parameters.items()}
    assert inspect.Parameter.empty not in wanted.values() and "Any" not in wanted.values()
    given = {str(one.name) for one in built.params if one.expose_value}
    for one in defining._PARAMETERS[run]:
        if isinstance(one, Together):
            names = {str(make().name) for make in one.options}
            required = {
                name
                for name, of in inspect.signature(one.of).parameters.items()
                if of.default is inspect.Parameter.empty
            }
            assert required <= names <= set(inspect.signature(one.of).parameters), one.name
            given = (given - names) | {one.name}
    assert given == set(wanted)


@command(option("why", "--why"), flag("force", "--force"))
def _said(*, why: str | None, force: bool) -> Answer:
    return Answer({"force": force}, [f"because {why}"], notes=["look\x1b[2J"], code=1 if force else 0)


def called(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(cli, "_said", _said, raising=False)
    made = defining.built("ledger show", "cli._said")
    return int(made.main(list(arguments), standalone_mode=False))


def test_an_answer_is_words_for_people_and_facts_for_programs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(monkeypatch, "--why", "rain") == 0
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("because rain\n", "look\\x1b[2J\n")
    assert called(monkeypatch, "--why", "rain", "--force", "--json") == 1
    shown = capsys.readouterr()
    told = {"command": "ledger show", "ok": False, "exit_code": 1, "force": True}
    assert (json.loads(shown.out), shown.err) == (told, "")


def test_what_somebody_wrote_adds_no_line_to_an_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(monkeypatch, "--why", "rain\nwhole: 14 events\r\n") == 0
    assert capsys.readouterr().out == "because rain\\nwhole: 14 events\\n\n"


def test_help_of_an_option_is_looked_up_when_it_is_asked_for() -> None:
    made = defining.option("force", "--force", is_flag=True)()
    assert isinstance(made, click.Option) and made.help == defining.say("opt_force")
    with pytest.raises(KeyError):
        defining.option("no_such_option", "--no-such")()
