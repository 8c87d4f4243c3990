"""The command ``list``: what ships and can be named in other commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from riskkit.foundation.language import language
from riskkit.words.catalogue import command_text as say
from riskkit.workbench.commands.defining import Answer, argument, command

KINDS = ("cases", "profiles", "notebooks", "sources")


@command(argument("kind", type=click.Choice(KINDS), required=False))
def list_shipped(kind: str | None) -> Answer:
    """The names that other commands take, each with what it is."""
    rows = {name: _ROWS[name]() for name in ([kind] if kind else KINDS)}
    return Answer(rows, _lines(rows))


def _lines(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    for name, entries in rows.items():
        yield say(f"list_{name}")
        for entry in entries:
            yield f"  {entry['name']}  {entry['title']}"
            for parameter in entry.get("parameters", ()):
                yield f"      -p {parameter['name']}={parameter['default']}  {parameter['help']}"


def _cases() -> list[dict[str, Any]]:
    from riskkit.foundation import shipped
    from riskkit.foundation.inputs.toml_file import read_toml

    files = sorted((shipped.home() / "data" / "cases").glob("*.toml"))
    facts = ((path.stem, read_toml(path).data) for path in files)
    return [
        {"name": name, "title": data["title"][language()], "on": data["assessed_on"]} for name, data in facts
    ]


def _profiles() -> list[dict[str, Any]]:
    from riskkit.warning.profiles import profile, profile_names

    return [{"name": name, "title": getattr(profile(name), language())} for name in profile_names()]


def _sources() -> list[dict[str, Any]]:
    from riskkit.monitoring.sources.catalogue import SOURCES

    return [{"name": source.name, "title": getattr(source, f"title_{language()}")} for source in SOURCES]


def _notebooks() -> list[dict[str, Any]]:
    from riskkit.foundation import shipped
    from riskkit.workbench.runs.parameters import as_json, declared
    from riskkit.workbench.runs.plans import read_notebook

    found = []
    for path in sorted((shipped.home() / "notebooks").glob("*.ipynb")):
        notebook = read_notebook(path)
        about = notebook.metadata.get("riskkit", {})
        parameters = declared(notebook, name=path.name)
        defaults = as_json({parameter.name: parameter.default for parameter in parameters})
        found.append(
            {
                "name": path.stem,
                "title": about.get("title", {}).get(language(), path.stem),
                "question": about.get("question", {}).get(language(), ""),
                "parameters": [
                    {
                        "name": parameter.name,
                        "type": parameter.written_type,
                        "default": defaults[parameter.name],
                        "help": parameter.help,
                    }
                    for parameter in parameters
                ],
            }
        )
    return found


_ROWS = {"cases": _cases, "profiles": _profiles, "notebooks": _notebooks, "sources": _sources}
