"""Templates that people may edit, filled in a sandbox: only values, choices and loops, never code."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse, shown
from riskkit.foundation.language import language

MARK = "\u2063"
"""Begins a line that the template marked as a heading, item, picture or signature: no value can hold it."""
_MARKED = re.compile(r"^(##?|>|-|!) ", re.MULTILINE)
_FILTERS = ("join", "default", "length", "upper", "lower")
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.If, nodes.For, nodes.Const,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Filter, nodes.Getattr,
)  # fmt: skip
_LARGEST = 100_000
Line = tuple[str, str]
"""Its kind – ``title``, ``heading``, ``item``, ``picture``, ``signature`` or ``text`` – and its words."""
_KINDS = {"#": "title", "##": "heading", "-": "item", ">": "signature", "!": "picture"}


def template_text(name: str, *, folder: Path | None = None) -> str:
    """A template: one's own where the folder has it, else the one that comes with riskkit."""
    own = folder / f"{name}.{language()}.txt" if folder is not None else None
    if own is None or not own.is_file():
        shipped = (
            resources.files("riskkit.workbench.flows.warnings") / "templates" / f"{name}.{language()}.txt"
        )
        return shipped.read_text(encoding="utf-8")
    with own.open("rb") as file:
        raw = file.read(_LARGEST + 1)
    if len(raw) > _LARGEST:
        raise InputFaults(own.name, [Fault(own.name, "too large", f"at most {_LARGEST} bytes")])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputFaults(own.name, [Fault(own.name, f"byte {error.start}", "UTF-8 text")]) from None


def filled(text: str, values: Mapping[str, str | list[str]], *, name: str = "template") -> list[Line]:
    """The lines of a document: a template filled with values, each line with its kind."""
    template = _checked(text, frozenset(values), name)
    _refuse_hidden(text, values, name)
    try:
        made = template.render(**values)
    except TemplateError as error:
        raise InputFaults(name, [Fault(name, shown(str(error)), "a template")]) from None
    return [_line(one) for one in made.splitlines() if one.strip(f" {MARK}#->!")]


@lru_cache(maxsize=64)
def _checked(text: str, values: frozenset[str], name: str) -> Template:
    """A template that asks for nothing but these values; the same one serves thousands of letters."""
    room = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    try:
        tree = room.parse(text)
        refuse(name, sorted(_faults(tree, values, name), key=lambda fault: fault.place))
        return room.from_string(_MARKED.sub(lambda found: f"{MARK}{found[1]} ", text))
    except TemplateSyntaxError as error:
        place = f"{name}:{error.lineno}"
        raise InputFaults(name, [Fault(place, shown(str(error.message)), "a template")]) from None


def _faults(tree: nodes.Template, values: Collection[str], name: str) -> Iterator[Fault]:
    rule = f"values, if, for and the filters {', '.join(_FILTERS)} only"
    bound = {one.name for loop in tree.find_all(nodes.For) for one in loop.target.find_all(nodes.Name)}
    bound |= {loop.target.name for loop in tree.find_all(nodes.For) if isinstance(loop.target, nodes.Name)}
    for node in tree.find_all(nodes.Node):
        place = f"{name}:{node.lineno}"
        is_strange = not isinstance(node, _ALLOWED) or (
            isinstance(node, nodes.Filter) and node.name not in _FILTERS
        )
        if isinstance(node, nodes.Getattr) and not _is_of_loop(node):
            is_strange = True
        if is_strange:
            yield Fault(place, type(node).__name__, rule)
        elif (
            isinstance(node, nodes.Name) and node.ctx == "load" and node.name not in {*values, *bound, "loop"}
        ):
            yield Fault(place, shown(node.name), "a value that there is")


def _is_of_loop(node: nodes.Getattr) -> bool:
    is_loop = isinstance(node.node, nodes.Name) and node.node.name == "loop"
    return is_loop and node.attr in ("first", "last", "index")


def _refuse_hidden(text: str, values: Mapping[str, str | list[str]], name: str) -> None:
    found = [name] if MARK in text else []
    found += [
        key
        for key, value in values.items()
        if any(MARK in one for one in ([value] if isinstance(value, str) else value))
    ]
    rule = "text without control, hidden or direction-changing characters"
    refuse(name, [Fault(one, "U+2063", rule) for one in found])


def _line(text: str) -> Line:
    if text.startswith(MARK):
        sign, _, words = text[1:].partition(" ")
        return _KINDS[sign], words.strip()
    return "text", text.strip()
