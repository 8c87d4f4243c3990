"""What people get to see of riskkit, as short texts: reports, result records, help, answers, documents of a warning.

``make golden`` writes them to ``tests/golden/``, and ``git diff`` is then the review of what a change did. What may
differ between two good runs (paths, clocks, hashes, versions, the last digits of a number) is taken out.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import math
import platform
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import docx
import nbformat
import numpy as np
from docx.table import Table as WordTable
from in_process import run_cell, shows
from shared import TESTS

import riskkit
from riskkit.foundation import shipped
from riskkit.foundation.language import in_language, set_language, speaking
from riskkit.workbench.commands import cli
from riskkit.workbench.document.blocks import Picture
from riskkit.workbench.document.reading import Failure, Part, Reading, read_notebook
from riskkit.workbench.document.word import word_document
from riskkit.workbench.runs.parameters import PARAMETERS_TAG, declared, is_tagged

KEPT = TESTS / "golden"
COMMANDS = Path(__file__).with_name("golden_commands.txt")
LANGS = ("zh", "en")
DRAWS = 200
CASE, RANGE = "note7-battery-2016", "walmart-toothbrushes-2017"
GIVEN: dict[str, dict[str, Any]] = {
    "assess_case": {"case": RANGE, "interactive": False},
    "response_plan": {"facts": "consignments", "on": "2026-05-01"},
    "warning_review": {"on": "2026-05-01"},
}
"""Parameters of a notebook that are not its defaults; `draws` is DRAWS in all."""
WORD = ("brief", "nonconformity_rates")
"""Notebooks whose Word document is kept too: one without figures, one with figures and wide tables."""
SAME_RECORD = ("brief", "compare_methods")
"""Notebooks that publish what `draft_warning` does about the same case."""
WIDTH, LONG = 150, 24
DATA = ("type", "name", "x", "y", "z", "base", "width", "error_x", "error_y", "text", "customdata")
AXIS = ("type", "range", "tickvals", "ticktext", "title")
CASE_PARTS = ("cap.xml", "data.json", ".txt", ".docx")
"""Which files of a rehearsed warning are kept; its pages and calendars hold the same words."""


def notebook_names() -> list[str]:
    """The notebooks that make reports."""
    return sorted(path.stem for path in (shipped.home() / "notebooks").glob("*.ipynb"))


def reports(name: str) -> dict[str, str]:
    """What a notebook shows in each language, its record, and the text of its Word document."""
    readings = {lang: in_language(lang, read_notebook, run) for lang, run in executed(name).items()}
    found = {f"reports/{name}.{lang}.txt": _said(reading) for lang, reading in readings.items()}
    if name in WORD:
        for lang, reading in readings.items():
            found[f"word/{name}.{lang}.txt"] = _word_of(reading, lang)
    record = {f"results/{name}.txt": same_each_time(pretty(readings["zh"].result))}
    return found | ({} if name in SAME_RECORD else record)


def executed(name: str) -> dict[str, dict[str, Any]]:
    """A notebook run in this process: once for the numbers, and what shows something again in each language."""
    notebook = nbformat.read(shipped.home() / "notebooks" / f"{name}.ipynb", as_version=4)
    known = {one.name: one.default for one in declared(notebook)}
    names = known | ({"draws": DRAWS} if "draws" in known else {}) | GIVEN.get(name, {}) | {"lang": LANGS[0]}
    cells: dict[str, list[Any]] = {lang: [] for lang in LANGS}
    for cell in notebook.cells:
        outputs: list[dict[str, Any]] = []
        is_run = cell.cell_type == "code" and not is_tagged(cell, PARAMETERS_TAG)
        for lang in LANGS:
            if is_run and (lang == LANGS[0] or shows(cell.source)):
                set_language(lang)
                outputs = run_cell(cell.source, names)
            cells[lang].append({**cell, "outputs": outputs})
    set_language("en")
    return {lang: {"cells": own, "metadata": notebook.metadata} for lang, own in cells.items()}


def _said(reading: Reading) -> str:
    """A report part by part, as the JSON from which page, PDF and Word are set."""
    lines = [reading.question, *reading.notes]
    for part in reading.parts:
        lines.append(f"\n=== {getattr(part, 'id', 'failure')}")
        lines.append(pretty(_part(part)))
    return same_each_time("\n".join(lines))


def _part(part: Part) -> Any:
    if isinstance(part, Failure):
        return vars(part)
    return part.to_json() | (_drawn(part.figure) if isinstance(part, Picture) else {})


def _drawn(figure: Mapping[str, Any]) -> dict[str, Any]:
    """The data and the words of a figure, without its style."""
    layout = figure.get("layout", {})
    axes = {name: layout[name] for name in sorted(layout) if re.fullmatch(r"[xy]axis\d*", name)}
    return {
        "traces": [{key: trace[key] for key in DATA if key in trace} for trace in figure.get("data", ())],
        "axes": {name: {key: axis[key] for key in AXIS if key in axis} for name, axis in axes.items()},
        "title": layout.get("title", {}).get("text", ""),
        "notes": [one["text"] for one in layout.get("annotations", ())],
    }


def pretty(value: Any, indent: str = "") -> str:
    """JSON with a line for what fits on one, so that a difference shows as few lines as possible."""
    flat = json.dumps(_short(value), ensure_ascii=False)
    if len(indent) + len(flat) <= WIDTH or not isinstance(value, dict | list | tuple) or _is_long(value):
        return flat
    deeper = indent + " "
    if isinstance(value, dict):
        rows = [f"{json.dumps(str(key))}: {pretty(inner, deeper)}" for key, inner in value.items()]
    else:
        rows = [pretty(inner, deeper) for inner in value]
    inside = ",\n".join(deeper + row for row in rows)
    begin, end = "{}" if isinstance(value, dict) else "[]"
    return f"{begin}\n{inside}\n{indent}{end}"


def _short(value: Any) -> Any:
    """Numbers with four digits, long rows of numbers and embedded pictures by what tells them apart."""
    if isinstance(value, float):
        return (float(f"{value:.4g}") if abs(value) > 1e-12 else 0.0) if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(key): _short(inner) for key, inner in value.items()}
    if _is_long(value):
        known = [one for one in value if one is not None]
        ends = {"first": value[0], "last": value[-1], "least": min(known), "most": max(known)}
        return {"n": len(value), **_short(ends), "mean": _short(math.fsum(known) / len(known))}
    if isinstance(value, list | tuple):
        return [_short(inner) for inner in value]
    return re.sub(r"[A-Za-z0-9+/]{400,}={0,2}", "<base64>", value) if isinstance(value, str) else value


def _is_long(value: Any) -> bool:
    is_row = isinstance(value, list | tuple) and len(value) > LONG
    return is_row and all(one is None or isinstance(one, int | float) for one in value) and any(value)


def same_each_time(text: str) -> str:
    """Without versions, hashes, clocks and folders of this run."""
    text = re.sub(r"\b[0-9a-f]{64}\b", "<sha256>", text)
    text = text.replace(riskkit.__version__, "<version>").replace(platform.python_version(), "<python>")
    text = text.replace(str(shipped.home()), "<home>")
    return text.strip() + "\n"


def _word_of(reading: Reading, lang: str) -> str:
    drawn = [_png() for part in reading.parts if isinstance(part, Picture)]
    made = in_language(
        lang, word_document, reading, drawn, title="—", made_at=dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    )
    return word_text(made)


def _png() -> bytes:
    """In the place of a drawn figure, so that no browser is needed."""
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(out, "png")
    return out.getvalue()


def word_text(made: bytes) -> str:
    """Paragraphs with their styles, and tables row by row."""
    lines = []
    for block in docx.Document(io.BytesIO(made)).iter_inner_content():
        if isinstance(block, WordTable):
            lines += [" | ".join(cell.text for cell in row.cells) for row in block.rows]
        elif block.text.strip():
            style = "" if block.style is None else str(block.style.name)
            lines.append(f"[{style}] {block.text}")
    return same_each_time("\n".join(lines))


def helps(lang: str) -> dict[str, str]:
    """The help of every command in one language, as a terminal of 100 columns shows it."""
    parts = [
        f"=== {path}\n{text}"
        for path, text in in_language(lang, lambda: list(_helps(cli.build(), "riskkit")))
    ]
    of_machine = re.compile(r"(?<=\[default: )\d+(?=; 1<=x<=256\])")  # how many processors there are
    return {f"help.{lang}.txt": of_machine.sub("<processors>", same_each_time("\n\n".join(parts)))}


def _helps(command: click.Command, path: str) -> Iterator[tuple[str, str]]:
    context = click.Context(command, info_name=path, terminal_width=100)
    yield path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in getattr(command, "later", ()):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _helps(inner, f"{path} {name}")


def answers() -> dict[str, str]:
    """What the commands of ``golden_commands.txt`` answer, and the files of the warning that one of them rehearses."""
    lines = COMMANDS.read_text(encoding="utf-8").splitlines()
    with _in_empty_folder() as folder:
        (folder / "experts.csv").write_text("id,name\ne1,王一\ne2,Li Er\n", encoding="utf-8")
        said = [_answered(line, folder) for line in lines if not line.startswith("#")]
        sent = sorted((folder / "rehearsal" / "sent").glob("*.1/*"))
        kept = {path.name: _text_of(path) for path in sent if path.name.endswith(CASE_PARTS)}
    return {"answers.txt": "\n\n".join(said) + "\n"} | {f"warning/{name}.txt": kept[name] for name in kept}


@contextlib.contextmanager
def _in_empty_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="golden-") as name, contextlib.chdir(name):
        yield Path(name).resolve()


def _answered(line: str, folder: Path) -> str:
    words = shlex.split(line.removeprefix("?"))
    code, out, err = _called([*words, "--json", "--lang", "en"])
    parts = [
        f"$ riskkit {shlex.join(words)}",
        f"exit {code}",
        pretty(json.loads(out)),
        err.strip() if code else "",
    ]
    if line.startswith("?"):
        parts += ["".join(_called([*words, "--lang", lang])[1:]).strip() for lang in LANGS]
    return _of_this_run("\n".join(part for part in parts if part), folder)


def _called(words: list[str]) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(words)
    return code, out.getvalue(), err.getvalue()


def _of_this_run(text: str, folder: Path) -> str:
    """Without what belongs to the folder and the moment in which the commands ran."""
    text = same_each_time(text).replace(str(folder), "<folder>")
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)?( UTC)?", "<time>", text)
    text = re.sub(r"(?<=\"seconds\": )[\d.]+|[\d.]+(?= ?s\b| 秒)", "<seconds>", text)
    text = re.sub(r"(?<=\"n_bytes\": )\d+|[\d,]+(?= bytes| 字节)", "<size>", text)
    text = re.sub(r"(?<=\"token\": )\"[^\"]+\"", '"<token>"', text)
    near = [dt.date.today() + dt.timedelta(days=n) for n in range(-1, 400)]
    return re.sub("|".join(day.isoformat() for day in near), "<day>", text).strip()


def _text_of(path: Path) -> str:
    made = path.read_bytes()
    return word_text(made) if path.suffix == ".docx" else same_each_time(made.decode())


def papers() -> dict[str, str]:
    """The Word text of the first paper of each kind, in each language."""
    from riskkit.case.case import assess
    from riskkit.workbench.flows.papers.papers import order_papers, recall_papers, transfer_papers
    from riskkit.workbench.flows.warnings.official import in_format
    from riskkit.workbench.reports.case.opening import open_case
    from riskkit.workbench.reports.measures.measure_report import open_consignments, study_measures
    from riskkit.workbench.reports.referral.referral_study import study_referral
    from riskkit.workbench.reports.response.recall_study import study_recalls

    recalls, referrals = study_recalls("recall_progress"), study_referral(on="2026-05-15")
    opened = open_case(CASE)
    drawn = assess(opened.case, profile=opened.profile, rng=np.random.default_rng(1), draws=DRAWS)
    measures = study_measures(drawn, open_consignments("consignments"), on="2026-05-01")
    found = {}
    for lang in LANGS:
        with speaking(lang):
            issuer = "示例海关 Sample Customs"
            made = {
                "recall_stage": recall_papers(recalls, kind="stage", issuer=issuer),
                "recall_final": recall_papers(recalls, kind="final", issuer=issuer),
                "order_sheet": order_papers(measures, issuer=issuer),
                "transfer_letter": transfer_papers(referrals, issuer=issuer),
            }
        for name, sheets in made.items():
            found[f"papers/{name}.{lang}.txt"] = word_text(in_format(sheets[0].document, "docx"))
    return found


PARTS: dict[str, Callable[[], dict[str, str]]] = {
    **{name: lambda name=name: reports(name) for name in notebook_names()},
    "help": lambda: helps("zh") | helps("en"),
    "papers": papers,
    "answers": answers,
}
"""What makes each part of the kept texts, by its name."""


def kept(part: str) -> dict[str, str]:
    """The texts of one part as they stand in ``tests/golden/``."""
    found = {path.relative_to(KEPT).as_posix(): path for path in KEPT.rglob("*.txt")}
    return {name: path.read_text(encoding="utf-8") for name, path in found.items() if part_of(name) == part}


def part_of(name: str) -> str:
    """Which part a kept text belongs to."""
    folder, _, file = name.rpartition("/")
    if folder == "papers":
        return folder
    if folder in ("reports", "results", "word"):
        return file.split(".")[0]
    return "help" if file.startswith("help.") else "answers"


def write_all() -> None:
    """Write every text anew and take away those that are made no more, once all are there."""
    texts: dict[str, str] = {}
    for part, make in PARTS.items():
        print(part, file=sys.stderr)
        texts |= make()
    shutil.rmtree(KEPT)
    for name, text in texts.items():
        (KEPT / name).parent.mkdir(parents=True, exist_ok=True)
        (KEPT / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_all()
