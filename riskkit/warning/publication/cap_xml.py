"""Messages of CAP 1.2 written and read; what is read from outside is hostile until checked."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

import defusedxml  # type: ignore[import-untyped]
import defusedxml.ElementTree  # type: ignore[import-untyped]
from lxml import etree

from riskkit.foundation.inputs.faults import Fault, InputFaults, RuleText, refuse, shown, visible
from riskkit.warning.publication.cap_message import NAMESPACE, CapAlert, message_of, tree_of
from riskkit.warning.publication.cap_prose import prose_faults
from riskkit.warning.publication.cap_structure import structure_faults

MOST_BYTES = 1 << 20
_SHAPES = ("polygon", "circle")
_MAY_LACK = re.compile(r"alert/info\[\d+\]/area")
_CANCEL_NOTE = "alert/note"


def to_xml(alert: CapAlert) -> bytes:
    """A message as XML.

    Parameters
    ----------
    alert : CapAlert

    Returns
    -------
    bytes
        UTF-8, with its declaration.

    Raises
    ------
    InputFaults
        With everything that breaks the protocol, by its schema or by its prose.

    References
    ----------
    .. [1] OASIS, Common Alerting Protocol 1.2, 2010 (source ``oasis_cap_1_2``).

    Examples
    --------
    >>> import datetime as dt
    >>> one = CapAlert(identifier="x-1", sender="a@b.cn", sent=dt.datetime(2026, 5, 1, tzinfo=dt.UTC),
    ...                status="System", msg_type="Ack", scope="Public",
    ...                references="c@d.cn,y-1,2026-04-30T08:00:00+08:00")
    >>> from_xml(to_xml(one)) == one
    True
    """
    try:
        tree = tree_of(alert)
    except (ValueError, TypeError) as error:
        rule = "text without control, hidden or direction-changing characters"
        raise InputFaults("CAP", [Fault("alert", shown(str(error)), rule)]) from error
    refuse("CAP", structure_faults(tree) or prose_faults(alert))
    etree.indent(tree)
    written: bytes = etree.tostring(tree, xml_declaration=True, encoding="UTF-8")
    return written + b"\n"


def from_xml(content: bytes, *, name: str = "CAP") -> CapAlert:
    """A message that somebody sent.

    A signature, if there is one, is passed over and not verified. What others send although the protocol does
    not allow it, and what can be understood all the same, is read and told in `deviations`: elements without
    the namespace of the root, spaces and line breaks within areas, no area, a cancellation without a reason.

    Parameters
    ----------
    content : bytes
        At most 1 MiB.
    name : str
        Where it comes from, for faults.

    Raises
    ------
    InputFaults
        When it is no XML or brings declarations of its own, or with everything that breaks the protocol.

    References
    ----------
    .. [1] OASIS, Common Alerting Protocol 1.2, 2010 (source ``oasis_cap_1_2``).

    Examples
    --------
    >>> from_xml(b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>')
    Traceback (most recent call last):
    riskkit.foundation.inputs.faults.InputFaults: CAP: 1 fault
      CAP: DTDForbidden, must be: XML without declarations of its own
    """
    tree = _parsed(content, name)
    deviations = [*_in_namespace(tree), *_plain_shapes(tree)]
    refuse(name, structure_faults(tree))
    alert = message_of(tree)
    faults = prose_faults(alert)
    refuse(name, [one for one in faults if not _may_lack(alert, one)])
    return dataclasses.replace(alert, deviations=(*deviations, *faults))


def _in_namespace(tree: etree._Element) -> Iterator[Fault]:
    """Put elements without a namespace into that of the root, as a prefix on the root alone means."""
    if tree.tag != f"{{{NAMESPACE}}}alert":
        return
    bare = [one for one in tree.iter(tag=etree.Element) if not str(one.tag).startswith("{")]
    for one in bare:
        one.tag = f"{{{NAMESPACE}}}{one.tag}"
    if bare:
        names = ", ".join(dict.fromkeys(str(one.tag).rpartition("}")[2] for one in bare))
        yield Fault(
            "alert", visible(names)[:80], RuleText("elements of {}; these carry no namespace", NAMESPACE)
        )


def _plain_shapes(tree: etree._Element) -> Iterator[Fault]:
    """Write the points of areas with one space between them and none within."""
    for name in _SHAPES:
        for shape in tree.iter(f"{{{NAMESPACE}}}{name}"):
            given = shape.text or ""
            shape.text = " ".join(re.sub(r"\s*,\s*", ",", given).split())
            if shape.text != given.strip():
                yield Fault(f"alert/info/area/{name}", shown(given), "one space between points, none within")


def _may_lack(alert: CapAlert, fault: Fault) -> bool:
    """Whether a message can be understood without what it lacks."""
    is_cancelled = alert.msg_type == "Cancel" and fault.place == _CANCEL_NOTE
    return not fault.value and bool(is_cancelled or _MAY_LACK.fullmatch(fault.place))


def _parsed(content: bytes, name: str) -> etree._Element:
    if len(content) > MOST_BYTES:
        raise InputFaults(
            name, [Fault(name, f"{len(content):,}", RuleText("at most {} bytes", f"{MOST_BYTES:,}"))]
        )
    try:
        defusedxml.ElementTree.fromstring(content, forbid_dtd=True)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        return etree.fromstring(content, parser)
    except defusedxml.DefusedXmlException as error:
        rule = "XML without declarations of its own"
        raise InputFaults(name, [Fault(name, type(error).__name__, rule)]) from error
    except (SyntaxError, ValueError, LookupError) as error:
        rule = RuleText("XML of {}", NAMESPACE)
        raise InputFaults(name, [Fault(name, visible(str(error))[:80], rule)]) from error
