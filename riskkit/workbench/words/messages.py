"""The language of the command line, and its answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import click

from riskkit.words.catalogue import command_text


def speaker(lang: str) -> Callable[..., str]:
    """A function that gives messages in one language, their places filled."""
    return partial(command_text, lang=lang)


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
