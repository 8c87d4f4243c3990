"""The command ``riskkit``.

Exit codes: 0 all went well; 1 some reports failed or some data is faulty; 2 bad input or usage, and then
nothing was run or written; 130 interrupted. Heavy packages are imported inside the commands.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, NoReturn

import click

import riskkit
from riskkit.foundation.inputs.faults import InputFaults, visible
from riskkit.foundation.language import in_language, speaking
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.defining import LateGroup, further, later, told_at_once
from riskkit.workbench.words.messages import answer, asked_language, language_of
from riskkit.workbench.words.rules import fault_line
from riskkit.workbench.words.usage import system_faults, usage_words

# more would scroll the first ones away; --json holds all of them
_MOST_FAULTS = 50


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
        text = say("usage", words=usage_words(error))
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


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _refused(error: InputFaults, *, is_json: bool) -> int:
    rows = [asdict(one) for one in error.faults]
    lines = [say("faults", what=error.what, n=len(rows))]
    lines += [f"  {fault_line(row)}" for row in rows[:_MOST_FAULTS]]
    lines += [f"  {say('more_faults', n=len(rows) - _MOST_FAULTS)}"] if len(rows) > _MOST_FAULTS else []
    return _stop(2, "\n".join(lines), is_json=is_json, kind="input", faults=rows)


def _stop(code: int, text: str, *, is_json: bool, kind: str, **facts: Any) -> int:
    click.echo(visible(text), err=True)
    if is_json:
        answer({"ok": False, "exit_code": code, "error": kind, "message": text, **facts})
    return code


def build() -> LateGroup:
    """The commands, with their help in one language."""
    commands = {
        name: later(name, what, epilog="more_dashboard" if name == "dashboard" else "")
        for name, what in _COMMANDS.items()
    }
    version = told_at_once(["--version"], "opt_version", lambda _: f"riskkit {riskkit.__version__}")
    return LateGroup("riskkit", commands, help=say("about"), params=[version, *further()])


# name → the function that does it; of a group, its commands
_COMMANDS: Mapping[str, str | Mapping[str, str]] = {
    "demo": "reporting.demo",
    "assess": "reporting.assess",
    "batch": "reporting.batch",
    "run": "reporting.run",
    "check": "checks.check",
    "list": "lists.list_shipped",
    "dashboard": "servers.dashboard",
    "lab": "servers.lab",
    "new": "new_files.make_new",
    "template": "new_files.make_template",
    "sample": "new_files.make_sample",
    "ingest": "register.ingest_files",
    "signals": "signals.scan.scan_signals",
    "letters": "enterprise.letters.make_letters",
    "recall-report": "papers.writing.write_recall_reports",
    "order-sheets": "papers.writing.write_order_sheets",
    "referral-letters": "papers.writing.write_referral_letters",
    "catalogue-review": "trade.measures.write_review",
    "trade-measures": "trade.measures.write_measures",
    "fetch": "fetch.fetching.fetch_source",
    "trace": "traceability.trace.trace_lots",
    "register": {
        "info": "register.show_register",
        "sql": "register.ask_register",
        "counts": "register.count_register",
        "prior": "register.suggest_prior",
        "quarantine": "register.sheet_of_quarantine",
        "compact": "register.compact_register",
        "export": "exchange.export_register",
        "import": "exchange.import_register",
    },
    "ledger": {
        "verify": "ledger.verify_ledger",
        "show": "ledger.show_events",
        "anchor": "ledger.anchor_ledger",
        "export": "ledger.export_events",
        "import": "ledger.import_events",
        "backup": "ledger.backup_ledger",
        "restore": "ledger.restore_ledger",
        "rebase": "ledger.rebase_ledger",
    },
    "committee": {
        "open": "committee.open_committee",
        "invite": "ballot.invite_people",
        "declare": "committee.declare_interest",
        "recuse": "committee.recuse_expert",
        "open-round": "committee.open_round",
        "ballot-form": "ballot.ballot_forms",
        "take-ballots": "ballot.take_ballots",
        "close-round": "committee.close_round",
        "vote": "committee.open_vote",
        "confirm": "committee.confirm_vote",
        "sign": "committee.sign_minutes",
        "end": "committee.end_session",
        "status": "committee.show_status",
        "minutes": "committee.write_minutes",
        "report": "committee.write_report",
        "case": "committee.write_case",
    },
    "response": {
        "record": "response.acting.record_step",
        "show": "response.acting.show_life",
        "list": "response.acting.list_lives",
    },
    "intake": {
        "list": "intake.deciding.list_reports",
        "show": "intake.deciding.show_report",
        "accept": "intake.deciding.accept_report",
        "refuse": "intake.deciding.refuse_report",
    },
    "access": {"add": "access.add_person", "remove": "access.remove_person", "list": "access.list_people"},
    "warning": {
        "propose": "warnings.commands.propose",
        "confirm": "warnings.commands.confirm",
        "reject": "warnings.commands.reject",
        "issue": "warnings.commands.issue",
        "raise": "warnings.commands.raise_level",
        "lower": "warnings.commands.lower_level",
        "prolong": "warnings.commands.prolong",
        "correct": "warnings.commands.correct",
        "lift": "warnings.commands.lift",
        "expire": "warnings.commands.expire",
        "draft": "warnings.issuing.draft",
        "approve": "warnings.issuing.approve_issue",
        "release": "warnings.issuing.release_issue",
        "status": "warnings.commands.show_status",
        "rehearse": "warnings.issuing.rehearse_case",
    },
}


if __name__ == "__main__":
    sys.exit(main())
