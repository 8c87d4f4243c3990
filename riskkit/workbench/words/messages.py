"""The language of the command line, and its answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import click

from riskkit.foundation.language import LANGS


def asked_language(arguments: Sequence[str]) -> str:
    """What ``--lang`` says, or nothing; needed before the arguments are parsed, as the help is in it too."""
    wanted = [two for one, two in pairwise(arguments) if one == "--lang"]
    wanted += [one.removeprefix("--lang=") for one in arguments if one.startswith("--lang=")]
    return wanted[-1] if wanted and wanted[-1] in LANGS else ""


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
