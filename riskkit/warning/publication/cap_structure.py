"""Whether a message has the form of CAP 1.2: which elements, in which order, how often, with which words."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections import Counter
from collections.abc import Iterator

from lxml import etree

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, plain_text, shown
from riskkit.foundation.standards import standards
from riskkit.warning.publication.cap_message import NAMESPACE

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_URI = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.IGNORECASE)
_NUMBER = {"whole": re.compile(r"[+-]?\d+", re.ASCII), "decimal": re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)}
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}"
_FORMS = {
    "time": "a time such as 2026-05-01T08:00:00+08:00 (no Z, no fractions; UTC is -00:00)",
    "language": "a language tag such as zh-CN",
    "uri": "an absolute address without spaces",
    "whole": "a whole number",
    "decimal": "a number",
    "code": "no space, comma, < or &",
}


@functools.cache
def _elements(parent: str) -> dict[str, tuple[int, int, bool, str, str]]:
    """Element → place, least times, whether once at most, kind, list of words."""
    rows = standards.table("cap_elements")
    mine = rows[rows["parent"] == parent]
    is_once = mine["most"].notna()
    columns = (mine["place"].astype(int), mine["least"].astype(int), is_once, mine["kind"], mine["word_list"])
    return dict(zip(mine["element"], zip(*columns, strict=True), strict=True))


@functools.cache
def words_of(word_list: str) -> tuple[str, ...]:
    """The words that an element may hold.

    References
    ----------
    .. [1] CAP 1.2, 3.2 (source ``oasis_cap_1_2``).

    Examples
    --------
    >>> words_of("scope")
    ('Public', 'Restricted', 'Private')
    """
    rows = standards.table("cap_words")
    return tuple(rows.loc[rows["word_list"] == word_list, "word"])


def structure_faults(tree: etree._Element) -> list[Fault]:
    """Everything about the form of a message that breaks the protocol.

    Parameters
    ----------
    tree : lxml element
        Its root.

    Examples
    --------
    >>> tree = etree.fromstring(f'<alert xmlns="{NAMESPACE}"><sender>a b</sender></alert>')
    >>> [str(fault) for fault in structure_faults(tree)][:2]
    ["alert/sender: 'a b', must be: no space, comma, < or &", 'alert/identifier: , must be: given']
    """
    if tree.tag != f"{{{NAMESPACE}}}alert":
        return [Fault("alert", shown(str(tree.tag)), RuleText("an alert of {}", NAMESPACE))]
    return list(_group_faults(tree, "alert", "alert"))


def _group_faults(parent: etree._Element, group: str, place: str) -> Iterator[Fault]:
    known, times, latest = _elements(group), Counter[str](), (0, "")
    for child in parent.iterchildren(tag=etree.Element):
        tag = str(child.tag)
        if group == "alert" and tag.startswith(_SIGNATURE):
            continue
        name = tag.removeprefix(f"{{{NAMESPACE}}}")
        if name not in known or name == tag:
            yield Fault(place, shown(name), "an element of CAP 1.2 in its place")
            continue
        times[name] += 1
        here = f"{place}/{name}" if known[name][2] else f"{place}/{name}[{times[name]}]"
        if known[name][0] < latest[0]:
            yield Fault(here, name, RuleText("before {}", latest[1]))
        latest = max(latest, (known[name][0], name))
        yield from _child_faults(child, name, here, kind=known[name][3], word_list=known[name][4])
    for name, (_, least, is_once, _, _) in known.items():
        if times[name] < least:
            yield Fault(f"{place}/{name}", "", "given")
        if is_once and times[name] > 1:
            yield Fault(f"{place}/{name}", str(times[name]), "given once")


def _child_faults(
    child: etree._Element, name: str, place: str, *, kind: str, word_list: str
) -> Iterator[Fault]:
    if kind == "group":
        yield from _group_faults(child, name, place)
        return
    if kind == "pair":
        if [one.tag for one in child] != [f"{{{NAMESPACE}}}{part}" for part in ("valueName", "value")]:
            yield Fault(place, "", "one valueName, then one value")
            return
        yield from (fault for part in child for fault in _text_faults(part, place, kind="text"))
        return
    if len(child):
        yield Fault(place, "", "a text without elements in it")
        return
    yield from _text_faults(child, place, kind=kind, word_list=word_list)


def _text_faults(child: etree._Element, place: str, *, kind: str, word_list: str = "") -> Iterator[Fault]:
    try:
        text = plain_text(child.text or "")
    except ValueError as error:
        yield Fault(place, shown(child.text or ""), str(error))
        return
    if kind == "word" and text not in words_of(word_list):
        yield Fault(place, shown(text), one_of(str(text), words_of(word_list)))
    elif not _has_form(text, kind):
        yield Fault(place, shown(text), _FORMS[kind])


def _has_form(text: str, kind: str) -> bool:
    if kind == "time":
        return is_time(text)
    if kind == "code":
        return not re.search(r"[\s,<&]", text)
    pattern = {"language": _LANGUAGE, "uri": _URI, **_NUMBER}.get(kind)
    return pattern is None or pattern.fullmatch(text) is not None


def is_time(text: str) -> bool:
    """Whether a text is a time that exists, written as the protocol wants it.

    Examples
    --------
    >>> is_time("2026-11-22T20:00:00-00:00"), is_time("2026-11-22T20:00:00Z")
    (True, False)
    """
    if not _TIME.fullmatch(text):
        return False
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
