"""``riskkit letters``: risk notices and feedback letters to enterprises, thousands at once."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from riskkit.foundation.language import language
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.defining import Answer, Together, command, option
from riskkit.workbench.commands.options import ISSUER, JOBS, RESUME, example, folder_out, option_shown


@dataclass(frozen=True)
class How:
    """Who signs the letters, and where and as what they are written."""

    issuer: str
    out: Path
    formats: str
    jobs: int
    resume: bool


@command(
    example("findings", "enterprise_findings"),
    option("duties", "--duties", metavar="FILE", default=""),
    option("tests", "--tests", metavar="FILE", default=""),
    option("on", "--on", metavar="DATE", default=""),
    Together(
        "how",
        How,
        (
            ISSUER,
            folder_out("letters"),
            option_shown("letter_format", "--format", "formats", default="html,docx"),
            JOBS,
            RESUME,
        ),
    ),
)
def make_letters(findings: str, *, duties: str, tests: str, on: str, how: How) -> Answer:
    """Write the letters that findings need, with a bar on stderr, and say how many there are."""
    from tqdm import tqdm

    from riskkit.workbench.flows.enterprise.enterprise_study import study_enterprises
    from riskkit.workbench.flows.enterprise.letters import LIST, letters_of, write_letters

    study = study_enterprises(findings, duty_file=duties, test_file=tests, on=on)
    letters = letters_of(study)
    with tqdm(total=len(letters), file=sys.stderr, unit="", leave=False) as bar:
        lines = write_letters(
            letters, how.out, issuer=how.issuer, langs=[language()], formats=how.formats.split(","),
            jobs=how.jobs, resume=how.resume, watch=lambda done, _: bar.update(done - bar.n),
        )  # fmt: skip
    counts = Counter(one.kind for one in letters)
    unclear = int((study.decided["decision"] == "unknown").sum())
    files = [str(how.out.absolute() / name) for name in (LIST, *(line.file for line in lines))]
    facts = {"on": study.on.isoformat(), "counts": dict(counts), "unclear": unclear, "files": files}
    said = say("letters_written", n=len(letters), notices=counts["risk_notice"], path=how.out / LIST,
               feedback=counts["feedback_letter"], unclear=unclear)  # fmt: skip
    return Answer(facts, [said])
