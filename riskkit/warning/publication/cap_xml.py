"""Messages of CAP 1.2 written and read; what is read from outside is hostile until checked."""

from __future__ import annotations

import defusedxml  # type: ignore[import-untyped]
import defusedxml.ElementTree  # type: ignore[import-untyped]
from lxml import etree

from riskkit.foundation.faults import Fault, InputFaults, refuse, shown, visible
from riskkit.warning.publication.cap_message import NAMESPACE, CapAlert, message_of, tree_of
from riskkit.warning.publication.cap_prose import prose_faults
from riskkit.warning.publication.cap_structure import structure_faults

MOST_BYTES = 1 << 20


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

    A signature, if there is one, is passed over and not verified.

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
    riskkit.foundation.faults.InputFaults: CAP: 1 fault
      CAP: DTDForbidden, must be: XML without declarations of its own
    """
    tree = _parsed(content, name)
    refuse(name, structure_faults(tree))
    alert = message_of(tree)
    refuse(name, prose_faults(alert))
    return alert


def _parsed(content: bytes, name: str) -> etree._Element:
    if len(content) > MOST_BYTES:
        raise InputFaults(name, [Fault(name, f"{len(content):,}", f"at most {MOST_BYTES:,} bytes")])
    try:
        defusedxml.ElementTree.fromstring(content, forbid_dtd=True)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        return etree.fromstring(content, parser)
    except defusedxml.DefusedXmlException as error:
        rule = "XML without declarations of its own"
        raise InputFaults(name, [Fault(name, type(error).__name__, rule)]) from error
    except (SyntaxError, ValueError, LookupError) as error:
        rule = f"XML of {NAMESPACE}"
        raise InputFaults(name, [Fault(name, visible(str(error))[:80], rule)]) from error
