"""Ballot forms: an Excel sheet or a CSV file for one expert and one round, signed line by line.

Every line carries a mark that only who has the session's secret can make, over session, round, expert,
question and its wording. A form made for somebody else, for another case or round, or whose questions were
edited is refused, and the line is named. Texts are written as texts, never as formulas; what comes back is
read in a process of its own and checked like any other ballot.
"""

from __future__ import annotations

import csv
import datetime as dt
import hmac
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from riskkit.assessment.committee import sealing
from riskkit.assessment.committee.pooling import feedback
from riskkit.assessment.committee.questions import (
    CHOICES,
    LEVEL,
    PROBABILITY,
    VOTE,
    Question,
    choice_of,
    choices_of,
    digest_of,
    word,
)
from riskkit.assessment.committee.session import Session
from riskkit.assessment.committee.visible import labels_of
from riskkit.foundation.events import canonical
from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse, shown, visible
from riskkit.foundation.inputs.part_files import put_files
from riskkit.foundation.language import in_language, language
from riskkit.words.catalogue import committee_text as say
from riskkit.words.numbers import probability, read_probability
from riskkit.workbench.flows.committee.question_notes import question_notes
from riskkit.workbench.flows.committee.report import judgement_words


def beside(now: Session, name: str, expert: str) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Heads, and for each question of a round what stands beside it on that expert's form."""
    if name == VOTE:
        return (), {}
    notes = question_notes(now)
    heads, earlier = _earlier(now, name, expert)
    rows = {one.id: (notes[one.id].text(), *earlier.get(one.id, ())) for one in now.questions}
    return (say("col_note"), *heads), rows


def add_sheet(book: Any, lines: Sequence[Mapping[str, str]], *, now: Session) -> None:
    """The same on a sheet that nobody need send back."""
    heads, rows = beside(now, lines[0]["round"], lines[0]["expert"]) if lines else ((), {})
    if not heads:
        return
    page = book.add_worksheet(say("form_earlier_sheet" if len(heads) > 1 else "form_note_sheet"))
    asked = {one.id: one.say() for one in now.questions}
    told = [(say("col_asked"), *heads), *((asked[name], *cells) for name, cells in rows.items())]
    for row, cells in enumerate(told):
        look = book.add_format({"text_wrap": True, "valign": "top", "bold": row == 0, "num_format": "@"})
        for number, text in enumerate(cells):
            page.set_column(number, number, 60 if number < 2 or number == len(cells) - 1 else 24)
            page.write_string(row, number, text, look)


def _earlier(now: Session, name: str, expert: str) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """The last closed round before a round: pool, range, own answer, reasons under letters; or nothing."""
    closed = [one for one in now.rounds if one.key and one.name not in (VOTE, name)]
    if not closed:
        return (), {}
    answers, asked = closed[-1].answers(), {one.id: one for one in now.questions}
    heads = [say(f"col_{one}") for one in ("pooled", "range", "n", "abstained", "own_before", "reasons")]
    letters, found = labels_of(now, asker=expert), {}
    for row in feedback(answers, now.questions).to_dict("records"):
        known = {str(key): value for key, value in row.items() if not pd.isna(value)}
        question = asked[str(row["question"])]
        own = own_answer(answers.get(expert, {}).get(question.id), question)
        reasons = sorted(
            f"{letters[one]}: {said[question.id]['reason']}"
            for one, said in answers.items()
            if one != expert and said.get(question.id, {}).get("reason")
        )
        found[question.id] = (*judgement_words(known, question)[1:], own, "\n".join(reasons) or "—")
    return tuple(heads), found


def own_answer(answer: Mapping[str, Any] | None, question: Question) -> str:
    """An expert's own answer in words; a dash where there was none."""
    if not answer:
        return "—"
    if answer.get("abstain"):
        return word("abstain")
    if "mid" in answer:
        return f"{probability(answer['mid'])} ({probability(answer['low'])} – {probability(answer['high'])})"
    words = choices_of(question)
    codes = [answer["level"]] if question.kind == LEVEL else answer["codes"]
    return ("、" if language() == "zh" else ", ").join(
        words.get(str(code), str(code)) for code in codes
    ) or "—"


COLUMNS = (
    "question",
    "asked",
    "low",
    "mid",
    "high",
    "choice",
    "reason",
    "session",
    "round",
    "expert",
    "mark",
)
ANSWERED = ("low", "mid", "high", "choice", "reason")
_MADE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
_MOST_LINES = 2000
_WIDTHS = (22, 60, 11, 11, 11, 26, 50, 14, 8, 12, 12)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Form:
    """A ballot form as read back, its marks not yet checked."""

    name: str
    session: str
    round: str
    expert: str
    lines: tuple[Mapping[str, str], ...]


def form_lines(now: Session, name: str, expert: str, *, key: bytes) -> list[dict[str, str]]:
    """The lines of a form: one a question, and one a measure for a list."""
    questions = now.asked_in(name)
    lines = []
    for question_id, asked in _asked(questions):
        line = dict.fromkeys(COLUMNS, "") | {"question": question_id, "asked": asked}
        line |= {"session": now.id, "round": name, "expert": expert}
        lines.append(line | {"mark": _mark(line, digest_of(questions), key)})
    return lines


def _asked(questions: Sequence[Question]) -> Iterator[tuple[str, str]]:
    for question in questions:
        if question.kind == CHOICES:
            for code, words in choices_of(question).items():
                yield f"{question.id}:{code}", f"{question.say()} — {words}"
        else:
            yield question.id, question.say()


def _mark(line: Mapping[str, str], digest: str, key: bytes) -> str:
    text = canonical(
        {name: line[name] for name in ("question", "asked", "round", "expert")} | {"set": digest}
    )
    return sealing.signature(text, key=key, session=line["session"])[:24]


def write_form(
    now: Session, path: Path, lines: Sequence[Mapping[str, str]], *, is_forced: bool = False
) -> Path:
    """Write a form, whole or not at all: Excel for ``.xlsx``, else CSV."""
    is_book = path.suffix.lower() == ".xlsx"
    content = _workbook(now, lines) if is_book else _csv(now, lines)
    return put_files(path.parent, {path.name: content}, is_forced=is_forced, mode=0o600)[0]


def _heads() -> list[str]:
    return [say(f"col_{name}") for name in COLUMNS]


def _csv(now: Session, lines: Sequence[Mapping[str, str]]) -> bytes:
    """The form, with what stands beside each question in further columns, which are not read back."""
    heads, rows = beside(now, lines[0]["round"], lines[0]["expert"]) if lines else ((), {})
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*_heads(), *heads])
    for line in lines:
        more = rows.get(line["question"].partition(":")[0], ())
        writer.writerow([*(_harmless(line[name]) for name in COLUMNS), *map(_harmless, more)])
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8")


def _harmless(text: str) -> str:
    """A spreadsheet that opens the CSV takes no text of ours for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _workbook(now: Session, lines: Sequence[Mapping[str, str]]) -> bytes:
    import xlsxwriter  # type: ignore[import-untyped]

    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        book.set_properties({"title": say("form_title"), "created": _MADE, "author": "riskkit"})
        page = book.add_worksheet(say("form_sheet"))
        _fill_page(book, page, lines, now=now)
        add_sheet(book, lines, now=now)
        help_page = book.add_worksheet(say("form_help_sheet"))
        for number, key in enumerate(
            ("form_help_1", "form_help_2", "form_help_3", "form_help_4", "form_help_5")
        ):
            help_page.write_string(number, 0, say(key), book.add_format({"text_wrap": True}))
        help_page.set_column(0, 0, 110)
    return content.getvalue()


def _fill_page(book: Any, page: Any, lines: Sequence[Mapping[str, str]], *, now: Session) -> None:
    head = book.add_format({"bold": True, "text_wrap": True, "bg_color": "#1F4E79", "font_color": "#FFFFFF"})
    fixed = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@", "font_color": "#444444"})
    asked = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    free = book.add_format({"locked": False, "bg_color": "#FFF9E5", "border": 1, "valign": "top"})
    words = book.add_format(
        {"locked": False, "bg_color": "#FFF9E5", "border": 1, "num_format": "@", "text_wrap": True}
    )
    page.freeze_panes(1, 2)
    for number, (name, width) in enumerate(zip(_heads(), _WIDTHS, strict=True)):
        page.set_column(number, number, width)
        page.write_string(0, number, name, head)
    known = {one.id: one for one in now.asked_in(lines[0]["round"])} if lines else {}
    for row, line in enumerate(lines, start=1):
        question = known.get(line["question"].partition(":")[0])
        for number, name in enumerate(COLUMNS):
            if name in ANSWERED:
                page.write_blank(row, number, None, free if name in ("low", "mid", "high") else words)
            else:
                page.write_string(row, number, line[name], asked if name == "asked" else fixed)
        if question is not None:
            _rules(page, row, question)
    page.protect("", {"format_columns": True, "format_rows": True})


def _rules(page: Any, row: int, question: Question) -> None:
    """What a spreadsheet lets people enter; what is pasted over it is checked when it comes back."""
    first = COLUMNS.index("low")
    message = {"error_title": say("form_wrong"), "error_message": say("form_range")}
    if question.kind == PROBABILITY:
        rule = {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 1, **message}
        page.data_validation(row, first, row, first + 2, rule)
    words = _choice_words(question)
    page.data_validation(row, first + 3, row, first + 3, {"validate": "list", "source": words})


def _choice_words(question: Question) -> list[str]:
    rest = word("abstain")
    if question.kind == PROBABILITY:
        return [rest]
    if question.kind == CHOICES:
        return [word("yes"), word("no"), rest]
    return [*choices_of(question).values(), rest]


def read_form(path: Path) -> Form:
    """A form that came back, in whatever encoding; its marks are checked by `answers_in`."""
    from riskkit.monitoring.sources.files.native_file import native_file
    from riskkit.monitoring.sources.files.opened import file_facts

    lines: list[dict[str, str]] = []
    with native_file(file_facts(path)) as file:
        heads = {in_language(lang, say, f"col_{name}"): name for name in COLUMNS for lang in ("zh", "en")}
        named = {head: heads[head] for head in file.headers if head in heads}
        if sorted(named.values()) != sorted(COLUMNS):
            rule = "a ballot form that riskkit committee ballot-form wrote"
            raise InputFaults(path.name, [Fault(path.name, shown(file.headers), rule)])
        for chunk in file.chunks:
            for row in chunk.table.select(list(named)).rename_columns(list(named.values())).to_pylist():
                lines.append({name: (row[name] or "").strip() for name in COLUMNS})
            if len(lines) > _MOST_LINES or chunk.broken:
                raise InputFaults(path.name, [Fault(path.name, "…", "a form as it was sent out")])
    whose = {(line["session"], line["round"], line["expert"]) for line in lines}
    if len(whose) != 1:
        rule = "a form of one session, round and expert"
        raise InputFaults(path.name, [Fault(path.name, shown(sorted(whose)[:3]), rule)])
    return Form(path.name, *whose.pop(), tuple(lines))


def answers_in(form: Form, now: Session, *, key: bytes) -> dict[str, dict[str, Any]]:
    """The answers of a form, each line's mark checked first."""
    faults = list(_mark_faults(form, now, key))
    questions = {one.id: one for one in now.asked_in(form.round)}
    answers: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(form.lines, start=2):
        question_id, _, code = line["question"].partition(":")
        question = questions.get(question_id)
        if question is not None:
            place = f"{form.name}:{number}"
            faults += _read_line(answers.setdefault(question_id, {}), line, question, code=code, place=place)
    refuse(form.name, faults)
    return answers


def _mark_faults(form: Form, now: Session, key: bytes) -> Iterator[Fault]:
    sets = {
        lang: {
            line["question"]: line
            for line in in_language(lang, form_lines, now, form.round, form.expert, key=key)
        }
        for lang in ("zh", "en")
    }
    seen: set[str] = set()
    for number, line in enumerate(form.lines, start=2):
        place, name = f"{form.name}:{number}", line["question"]
        made = [lines[name]["mark"] for lines in sets.values() if name in lines]
        asked = [lines[name]["asked"] for lines in sets.values() if name in lines]
        if not any(hmac.compare_digest(line["mark"].encode(), mark.encode()) for mark in made):
            yield Fault(
                f"{place} {name}", shown(line["mark"]), "a line made for the session, round and expert"
            )
        elif line["asked"] not in {*asked, *(f"'{text}" for text in asked)}:
            yield Fault(f"{place} {name}", shown(line["asked"]), "the question as it was sent out")
        if name in seen:
            yield Fault(f"{place} {name}", "", "each line once")
        seen.add(name)
    for name in sets["zh"].keys() - seen:
        yield Fault(f"{form.name} {name}", "", "all lines of the form")


def _read_line(
    answer: dict[str, Any], line: Mapping[str, str], question: Question, *, code: str, place: str
) -> Iterator[Fault]:
    if line["reason"]:
        reason = visible(line["reason"].removeprefix("'"))
        answer["reason"] = "\n".join(dict.fromkeys([*answer.get("reason", "").split("\n"), reason])).strip()
    choice = line["choice"]
    if choice in (in_language("zh", word, "abstain"), in_language("en", word, "abstain")):
        answer["abstain"] = True
    elif question.kind == PROBABILITY:
        for name in ("low", "mid", "high"):
            if line[name]:
                yield from _read_number(answer, name, line[name], place=f"{place} {name}")
    elif question.kind == CHOICES:
        yield from _read_yes_no(answer, choice, code=code, place=place)
    elif choice:
        try:
            answer["level"] = choice_of(question, choice)
        except ValueError as error:
            yield Fault(f"{place} choice", shown(choice), str(error))


def _read_number(answer: dict[str, Any], name: str, text: str, *, place: str) -> Iterator[Fault]:
    answer[name] = read_probability(text)
    if math.isnan(answer[name]):
        yield Fault(place, shown(text), "a probability such as 1 in 50, 1/50, 2 % or 0.02")


def _read_yes_no(answer: dict[str, Any], choice: str, *, code: str, place: str) -> Iterator[Fault]:
    if choice in (in_language("zh", word, "yes"), in_language("en", word, "yes")):
        answer.setdefault("codes", []).append(code)
    elif choice in (in_language("zh", word, "no"), in_language("en", word, "no")):
        answer.setdefault("codes", [])
    elif choice:
        yield Fault(f"{place} choice", shown(choice), "yes, no or abstain")
