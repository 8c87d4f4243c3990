"""``riskkit letters``: risk notices and feedback letters to enterprises, thousands at once."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

import click

from riskkit.foundation.language import language
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.flows.enterprise.enterprise_study import study_enterprises
from riskkit.workbench.flows.enterprise.letter_files import LIST, write_letters
from riskkit.workbench.flows.enterprise.letters import letters_of
from riskkit.workbench.words.messages import answer


def make_letters(findings: str, **given: Any) -> int:
    """Write the letters that findings need, with a bar on stderr, and say how many there are."""
    from tqdm import tqdm

    study = study_enterprises(findings, duty_file=given["duties"] or "", test_file=given["tests"] or "",
                              on=given["on"] or "")  # fmt: skip
    letters = letters_of(study)
    with tqdm(total=len(letters), file=sys.stderr, unit="", leave=False) as bar:
        lines = write_letters(
            letters, given["out"], issuer=given["issuer"], langs=[language()],
            formats=given["letter_formats"].split(","), jobs=given["jobs"], resume=given["resume"],
            watch=lambda done, _: bar.update(done - bar.n),
        )  # fmt: skip
    counts = Counter(one.kind for one in letters)
    unclear = int((study.decided["decision"] == "unknown").sum())
    if given["is_json"]:
        files = [str(given["out"].absolute() / name) for name in (LIST, *(line.file for line in lines))]
        answer({"command": "letters", "ok": True, "exit_code": 0, "on": study.on.isoformat(),
                "counts": dict(counts), "unclear": unclear, "files": files})  # fmt: skip
        return 0
    click.echo(say("letters_written", n=len(letters), notices=counts["risk_notice"], path=given["out"] / LIST,
                   feedback=counts["feedback_letter"], unclear=unclear))  # fmt: skip
    return 0
