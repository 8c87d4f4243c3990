"""The command ``riskkit``.

Exit codes: 0 all went well; 1 some reports failed or some data is faulty; 2 bad input or usage, and then
nothing was run or written; 130 interrupted. Heavy packages are imported inside the commands.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import click

import riskkit
from riskkit.foundation.inputs.faults import InputFaults, nearly
from riskkit.foundation.language import LANGS, in_language, language, speaking
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.decision_groups import LateGroup, Later, decision_groups, runner
from riskkit.workbench.commands.options import parameter
from riskkit.workbench.commands.trade.table_commands import OF_TABLES
from riskkit.workbench.commands.warnings.options import warning_group
from riskkit.workbench.runs.folders.ledger_places import standing_here
from riskkit.workbench.words.messages import answer, asked_language, language_of
from riskkit.workbench.words.rules import fault_line, rule_in
from riskkit.workbench.words.system_faults import system_faults

_Makers = Mapping[str, tuple[Callable[..., int], Sequence[str]]]
_MOST_FAULTS = 50
_FORMATS = ("html", "pdf", "docx")
_LIMITS = ("memory", "cell_output", "report_output", "cell_deadline")
_HOW = ("format", "report_engine", "deadline", *_LIMITS)
_OF_REPORTS = ("profile", "param", "parameters_file", "notebook", *_HOW)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    lang = asked_language(arguments) or language_of(os.environ)
    with speaking(lang):
        return in_language(lang, _run_line, arguments)


def _run_line(arguments: Sequence[str]) -> int:
    """The command of a line, and what stopped it in words."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        return int(build().main(arguments, prog_name="riskkit", standalone_mode=False) or 0)
    except InputFaults as error:
        return _refused(error, is_json="--json" in arguments)
    except click.ClickException as error:
        text = say("usage", words=_usage_words(error))
        return _stop(2, text, is_json="--json" in arguments, kind="usage")
    except (click.Abort, KeyboardInterrupt):
        return _stop(130, say("interrupted"), is_json="--json" in arguments, kind="interrupted")
    except BrokenPipeError:  # who read the answer has gone: there is nobody to tell
        return 1
    except Exception as error:
        found = system_faults(error)
        if found is None:
            raise
        return _refused(found, is_json="--json" in arguments)
    finally:
        signal.signal(signal.SIGTERM, before)


def _usage_words(error: click.ClickException) -> str:
    """What is wrong with a command line, in the language of the person who typed it."""
    text = error.format_message()
    found = re.fullmatch(r"Invalid value for (.+?): (.*)", text, flags=re.DOTALL)
    chosen = re.search(r"'([^']*)' is not one of (.+)\.$", text)
    meant = nearly(chosen[1], re.findall("'([^']*)'", chosen[2])) if chosen else ""
    near = say("near", name=meant) if meant else ""
    if language() == "zh" and found:
        return f"{found[1]} 的值无效：{rule_in(found[2])}{near}"
    return rule_in(text) + near


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _refused(error: InputFaults, *, is_json: bool) -> int:
    rows = [{"place": one.place, "value": one.value, "rule": one.rule} for one in error.faults]
    lines = [say("faults", what=error.what, n=len(rows))]
    lines += [f"  {fault_line(row)}" for row in rows[:_MOST_FAULTS]]
    lines += [f"  {say('more_faults', n=len(rows) - _MOST_FAULTS)}"] if len(rows) > _MOST_FAULTS else []
    return _stop(2, "\n".join(lines), is_json=is_json, kind="input", faults=rows)


def _stop(code: int, text: str, *, is_json: bool, kind: str, **facts: Any) -> int:
    click.echo(_printable(text), err=True)
    if is_json:
        answer({"ok": False, "exit_code": code, "error": kind, "message": text, **facts})
    return code


def _printable(text: str) -> str:
    """Without control characters: a file somebody else wrote must not steer the terminal."""
    return "".join(sign if sign.isprintable() or sign == "\n" else repr(sign)[1:-1] for sign in text)


def build() -> LateGroup:
    """The commands, with their help in one language."""
    later = {
        **_later(_makers()),
        "register": Later(say("about_register"), _register_group),
        **decision_groups(_further),
        "warning": warning_group(_further),
    }
    params = [_version(), _language_option(), _help_option()]
    return LateGroup("riskkit", later, help=say("about"), params=params)


def _makers() -> _Makers:
    """Command → what runs it, and its options."""
    return {
        "demo": (_demo, ["out", "jobs", "resume", "format", "report_engine", *_LIMITS]),
        "assess": (_assess, ["case", "out", "brief", *_OF_REPORTS]),
        "batch": (_batch, ["list", "out", *_OF_REPORTS, "jobs", "resume"]),
        "run": (_run, ["notebook_name", "out", "set", "parameters_file", *_HOW]),
        "check": (_check, ["cases"]),
        "list": (runner("lists", "list_shipped"), ["kind"]),
        "dashboard": (
            _dashboard,
            [
                "port",
                "host",
                "no_browser",
                "people",
                "pages",
                "pages_each",
                "closed_after",
                "proxy",
                "intake",
            ],
        ),
        "lab": (_lab, ["lab_out", "port", "no_browser"]),
        "new": (runner("new_files", "make_new"), ["new_kind", "new_name", "file", "force"]),
        "template": (_template, ["name", "form", "file", "force"]),
        "sample": (_sample, ["rows", "seed", "folder"]),
        "ingest": (runner("register", "ingest_files"), ["files", "source", "mapping", "register"]),
        **{name: (runner(*maker.rsplit(" ", 1)), wanted) for name, (maker, wanted) in OF_TABLES.items()},
    }


_PACKAGE = ("package_out", "force", "level", "by", "since", "until", "where", "title", "publisher", "licence")


def _register_group() -> LateGroup:
    later = _later(
        {
            "info": (runner("register", "show_register"), ["register"]),
            "sql": (runner("register", "ask_register"), ["question", "limit", "register"]),
            "counts": (runner("register", "count_register"), ["by", "since", "until", "engine", "register"]),
            "prior": (runner("prior", "suggest_prior"), ["words", "units", "register"]),
            "quarantine": (runner("register", "sheet_of_quarantine"), ["sheet", "force", "register"]),
            "compact": (runner("register", "compact_register"), ["register"]),
            "export": (runner("exchange", "export_register"), [*_PACKAGE, "register"]),
            "import": (runner("exchange", "import_register"), ["package", "check", "register"]),
        },
        of="register_",
    )
    return LateGroup("register", later, help=say("about_register"), params=_further(""))


def _further(command: str) -> list[click.Parameter]:
    """The options that every command has; without a name, those of a group."""
    own = [parameter("json", command=command)] if command else []
    return [*own, _language_option(is_value=bool(command)), _help_option()]


def _later(makers: _Makers, *, of: str = "") -> dict[str, Later]:
    return {
        name: Later(say(f"about_{of}{name}"), partial(_command, name, of=of, run=run, wanted=wanted))
        for name, (run, wanted) in makers.items()
    }


def _command(name: str, *, of: str, run: Callable[..., int], wanted: Sequence[str]) -> click.Command:
    params = [parameter(one, command=name) for one in wanted] + _further(name)
    more = say("more_dashboard") if name == "dashboard" else None
    about = say(f"about_{of}{name}")
    return click.Command(name, callback=run, params=params, help=about, epilog=more, add_help_option=False)


def _language_option(*, is_value: bool = False) -> click.Option:
    """Before or after the command's name: `main` reads it either way."""
    choice = click.Choice(LANGS)
    return click.Option(
        ["--lang"],
        type=choice,
        default=language(),
        show_default=True,
        help=say("opt_lang"),
        expose_value=is_value,
    )


def _help_option() -> click.Option:
    def show(context: click.Context, _: click.Parameter, wanted: bool) -> None:
        if wanted and not context.resilient_parsing:
            click.echo(context.get_help())
            context.exit()

    names = ["-h", "--help"]
    return click.Option(
        names, is_flag=True, expose_value=False, is_eager=True, callback=show, help=say("opt_help")
    )


def _version() -> click.Option:
    def show(context: click.Context, _: click.Parameter, wanted: bool) -> None:
        if wanted and not context.resilient_parsing:
            click.echo(f"riskkit {riskkit.__version__}")
            context.exit()

    return click.Option(
        ["--version"], is_flag=True, expose_value=False, is_eager=True, callback=show, help=say("opt_version")
    )


def _wishes(given: dict[str, Any], **more: Any) -> Any:
    """What the options say for all reports; a missing system part is told before anything runs."""
    from riskkit.foundation.inputs.parameter_file import parameters_of
    from riskkit.workbench.runs.kernels.limits import Limits
    from riskkit.workbench.runs.kernels.warmed import STOCK, can_fork
    from riskkit.workbench.runs.planning import Wishes, pairs

    values: dict[str, Any] = parameters_of(given.get("parameters_file")) | pairs(given.get("param", ()))
    doubled = [one for one in ("profile", "lang", "case") if one in values]
    if doubled:
        raise click.UsageError(f"-p {doubled[0]}: --{doubled[0]}")
    if given.get("profile") is not None:
        values["profile"] = given["profile"]
    formats = tuple(dict.fromkeys(one.strip() for one in given["formats"].split(",")))
    _require_parts(formats)
    known: dict[str, Any] = {name: given[name] for name in ("notebook", "deadline") if name in given}
    known["engine"] = given["engine"] if can_fork() else STOCK
    limits = Limits(**{name: given[name] for name in _LIMITS if name in given})
    return Wishes(given["out"], given["lang"], formats=formats, given=values, limits=limits, **known, **more)


def _require_parts(formats: Sequence[str]) -> None:
    if not {"pdf", "docx"} & set(formats):
        return
    from riskkit.workbench.document.documents import missing_parts

    missing = [part for one in formats if one in _FORMATS and one != "html" for part in missing_parts(one)]
    if missing:
        raise click.ClickException(say("missing_part", words="; ".join(missing)))


def _demo(**given: Any) -> int:
    from riskkit.workbench.runs.planning import demo_requests
    from riskkit.workbench.runs.session import make_reports

    return make_reports(
        "demo",
        demo_requests(LANGS),
        _wishes(given, by_language=True),
        **_session(given, langs=_first()),
    )


def _first() -> tuple[str, ...]:
    return (language(), *(one for one in LANGS if one != language()))


def _session(given: dict[str, Any], *, langs: Sequence[str]) -> dict[str, Any]:
    return {
        "langs": langs,
        "jobs": given.get("jobs", 1),
        "resume": given.get("resume", False),
        "is_json": given["is_json"],
    }


def _assess(case: str, *, brief: bool, **given: Any) -> int:
    from riskkit.workbench.runs.lists import Request
    from riskkit.workbench.runs.session import make_reports

    if brief:
        given |= _as_brief(click.get_current_context())
    requests = [Request("", case, {})]
    return make_reports("assess", requests, _wishes(given), **_session(given, langs=()))


def _as_brief(context: click.Context) -> dict[str, str]:
    """What ``--brief`` stands for: its own notebook, in every format unless some are asked for."""
    chosen = click.core.ParameterSource.COMMANDLINE
    if context.get_parameter_source("notebook") == chosen:
        raise click.UsageError("--brief: --notebook")
    is_asked = context.get_parameter_source("formats") == chosen
    return {"notebook": "brief"} | ({} if is_asked else {"formats": ",".join(_FORMATS)})


def _run(notebook: str, **given: Any) -> int:
    from riskkit.workbench.runs.lists import Request
    from riskkit.workbench.runs.session import make_reports

    requests = [Request("", "", {}, notebook)]
    with standing_here(os.environ):
        return make_reports("run", requests, _wishes(given), **_session(given, langs=()))


def _batch(source: Path, **given: Any) -> int:
    from riskkit.workbench.runs.lists import read_list
    from riskkit.workbench.runs.session import make_reports

    requests = read_list(source)
    wanted = {str(one.given.get("lang", given["lang"])) for one in requests}
    langs = [one for one in _first() if one in wanted] or [given["lang"]]
    folder = source if source.is_dir() else source.absolute().parent
    wishes = _wishes(given, folder=folder.absolute(), by_language=len(wanted) > 1)
    return make_reports("batch", requests, wishes, **_session(given, langs=langs))


def _check(cases: Sequence[str], **given: Any) -> int:
    from riskkit.workbench.commands.checks import check_all

    found, n_faults = [], 0
    for one in check_all(cases):
        rows = [{"place": f.place, "value": f.value, "rule": f.rule} for f in one.faults]
        asked = [{"zh": question.zh, "en": question.en} for question in one.questions]
        found.append({"what": one.what, "faults": rows, "questions": asked})
        n_faults += len(rows)
        lines = [say("checked", what=one.what)] if not rows else [one.what]
        lines += [f"  {fault_line(row)}" for row in rows]
        lines += [f"  ? {question.say()}" for question in one.questions]
        if not given["is_json"]:
            click.echo(_printable("\n".join(lines)))
    code = (2 if cases else 1) if n_faults else 0
    if given["is_json"]:
        answer({"command": "check", "ok": not n_faults, "exit_code": code, "checked": found})
    else:
        click.echo(say("check_bad", n=n_faults) if n_faults else say("check_good", n=len(found)))
    return code


def _dashboard(port: int, **given: Any) -> int:
    from riskkit.workbench.serving.limits import serving_limits
    from riskkit.workbench.serving.serve import serve_dashboard

    wanted = (given["most"], given["most_each"], given["closed_seconds"])
    limits = serving_limits(*wanted, proxies=given["proxies"], intake=given["intake"])
    how = {"open_browser": not given["no_browser"], "as_json": given["is_json"], "people": given["people"]}
    serve_dashboard(port=port, lang=given["lang"], host=given["host"], limits=limits, **how)
    return 0


def _lab(port: int, **given: Any) -> int:
    from riskkit.workbench.serving.serve import serve_lab
    from riskkit.workbench.serving.working_copy import working_copy

    how = {"open_browser": not given["no_browser"], "as_json": given["is_json"]}
    serve_lab(port=port, lang=given["lang"], notebooks=working_copy(given["out"]), **how)
    return 0


def _template(name: str, **given: Any) -> int:
    from riskkit.workbench.commands.sheets import make_template

    return make_template(name, **given)


def _sample(**given: Any) -> int:
    from riskkit.workbench.commands.sheets import make_sample

    return make_sample(**given)


if __name__ == "__main__":
    sys.exit(main())
