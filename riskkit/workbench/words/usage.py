"""What is wrong with a command line, or what the system refused, in the language of the person who typed it.

Click has put its values into its sentences before anybody else sees them, so they are recognised by their
parts; ``usage_texts.csv`` words them, ``{}`` for a value.
"""

from __future__ import annotations

import csv
import errno
import functools
import io
import os
import re
from importlib import resources
from itertools import zip_longest

import click
from click.exceptions import BadParameter

from riskkit.foundation.inputs.faults import Fault, InputFaults, nearly, shown
from riskkit.foundation.language import language
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.words.rules import rule_in


@functools.cache
def _wordings() -> tuple[tuple[re.Pattern[str], list[str]], ...]:
    text = (resources.files("riskkit.workbench.words") / "usage_texts.csv").read_text(encoding="utf-8")
    rows = sorted(csv.DictReader(io.StringIO(text)), key=lambda row: (row["en"].count("{}"), -len(row["en"])))
    return tuple((_pattern(row["en"]), row["zh"].split("{}")) for row in rows)


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(re.escape(part) for part in template.split("{}")), re.DOTALL)


def usage_words(error: click.ClickException) -> str:
    """What Click says of a command line, with the choice that was probably meant."""
    text = error.format_message()
    chosen = re.search(r"'([^']*)' is not one of (.+)\.$", text)
    meant = nearly(chosen[1], re.findall("'([^']*)'", chosen[2])) if chosen else ""
    near = say("near", name=meant) if meant else ""
    named = re.fullmatch(r"Invalid value for (.+?): .*", text, flags=re.DOTALL)
    if language() == "zh" and named and isinstance(error, BadParameter):
        return f"{named[1]} 的值无效：{_sentence(error.message)}{near}"
    return _sentence(text) + near


def _sentence(text: str) -> str:
    worded = rule_in(text)
    if language() != "zh" or worded != text:
        return worded
    for pattern, wording in _wordings():
        found = pattern.fullmatch(text)
        if found:
            pieces = zip_longest(wording, found.groups(), fillvalue="")
            return "".join(piece for pair in pieces for piece in pair)
    return text


_RULES = {
    errno.EROFS: "a place that is not read-only",
    errno.ENOSPC: "a disk with free space",
    errno.EDQUOT: "a disk with free space",
    errno.EACCES: "a place that you may use",
    errno.EPERM: "a place that you may use",
    errno.ENOENT: "a place that exists",
    errno.ENOTDIR: "a place that exists",
    errno.EISDIR: "a file, not a folder",
    errno.ENAMETOOLONG: "a shorter name",
    errno.EMFILE: "fewer files open at a time",
    errno.ENOMEM: "free memory",
}
_OTHER = "a place that can be used"
_WORDS = (
    (r"read-?only", errno.EROFS),
    (r"(database or )?disk (is )?full|no space left", errno.ENOSPC),
    (r"permission denied|unable to open", errno.EACCES),
    (r"disk I/O error", errno.EIO),
)  # what databases say in place of a number
_DATABASES = ("sqlite3", "sqlalchemy.", "duckdb", "pyarrow.")


def system_faults(error: BaseException) -> InputFaults | None:
    """The fault in an error of the system or of a database that met one; None for any other error."""
    number = error.errno if isinstance(error, OSError) else None
    words = os.strerror(number) if number else str(getattr(error, "orig", None) or error)
    if number is None:
        is_database = type(error).__module__.startswith(_DATABASES) or isinstance(error, OSError)
        if not is_database:
            return None
        number = next((n for pattern, n in _WORDS if re.search(pattern, words, re.IGNORECASE)), None)
        if number is None and not isinstance(error, OSError):
            return None
    name = getattr(error, "filename", None)
    place = os.fsdecode(name) if isinstance(name, str | bytes) else "the system"
    fault = Fault(
        place,
        shown(words.splitlines()[0] if words else type(error).__name__),
        _RULES.get(number or 0, _OTHER),
    )
    return InputFaults(place, [fault])
