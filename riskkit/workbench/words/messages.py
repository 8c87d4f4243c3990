"""What the command line says, in zh and en: one row a message in ``messages.csv``."""

from __future__ import annotations

import csv
import json
import string
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any

import click

LANGS = ("zh", "en")


class _Counted(string.Formatter):
    """Texts with numbers: ``{n:|fault|faults}`` is the first word for one and the second otherwise."""

    def format_field(self, value: object, format_spec: str) -> str:
        """A word for a number, or what a format says."""
        if format_spec.startswith("|"):
            _, one, many = format_spec.split("|")
            return one if value == 1 else many
        return str(super().format_field(value, format_spec))


_COUNTED = _Counted()


@cache
def messages() -> Mapping[str, Mapping[str, str]]:
    """Every message by its key, in every language."""
    text = (resources.files("riskkit.workbench.words") / "messages.csv").read_text(encoding="utf-8")
    return {row["key"]: {lang: row[lang] for lang in LANGS} for row in csv.DictReader(text.splitlines())}


def speaker(lang: str) -> Callable[..., str]:
    """A function that gives messages in one language, their places filled."""

    def say(key: str, **values: object) -> str:
        text = messages()[key][lang]
        return _COUNTED.vformat(text, (), values) if values else text

    return say


def language_of(environment: Mapping[str, str]) -> str:
    """``zh`` where the locale is Chinese, else ``en``."""
    names = (environment.get(one) for one in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next((one for one in names if one), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def answer(content: dict[str, Any]) -> None:
    """Write one JSON object to stdout."""
    from riskkit.foundation.inputs.plain_data import (
        plain,  # pandas is slow to load, and most commands print text
    )

    text = json.dumps(plain(content), ensure_ascii=False, sort_keys=True, allow_nan=False)
    click.echo(text.encode("utf-8", "replace").decode())
