"""Where a released warning goes: channels as data, who is concerned and why, and what is to be delivered."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, plain_text, refuse, shown
from riskkit.foundation.standards.tables import records

KINDS = ("folder", "mail", "webhook")
GROUPS = ("port", "enterprise", "platform", "consumers", "department")
DOCUMENTS = ("bulletin", "circular", "announcement", "short", "cap", "data")
LANGUAGES = ("zh", "en")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_MAIL = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\"]+")
_MOST = 100_000
_COLUMNS = ("recipient", "group", "address")


@dataclass(frozen=True)
class Channel:
    """A way out.

    Parameters
    ----------
    name : str
        Small letters, digits, ``-`` and ``_``.
    kind : str
        ``folder``, ``mail`` (files in a folder, never sent) or ``webhook`` (to this machine only).
    to : str
        A folder, or an address ``http://127.0.0.1:…``.
    documents : tuple of str
        Which documents: of ``bulletin``, ``circular``, ``announcement``, ``short``, ``cap``, ``data``.
    languages : tuple of str
    groups : tuple of str
        Of whom: of ``port``, ``enterprise``, ``platform``, ``consumers``, ``department``; all when empty.
    """

    name: str
    kind: str
    to: str
    documents: tuple[str, ...]
    languages: tuple[str, ...]
    groups: tuple[str, ...] = ()


def read_channels(data: Mapping[str, object]) -> tuple[Channel, ...]:
    """Channels from a configuration, ``[[channel]]`` table by table.

    Parameters
    ----------
    data : mapping
        As TOML gives it.

    Returns
    -------
    tuple of Channel

    Raises
    ------
    InputFaults
        With every unknown key, kind, document, language or group, every name used twice, and every address
        that is not of this machine.

    Examples
    --------
    >>> read_channels({"channel": [{"name": "out", "kind": "folder", "to": "sent", "documents": ["short"]}]})
    (Channel(name='out', kind='folder', to='sent', documents=('short',), languages=('zh', 'en'), groups=()),)
    """
    rows = data.get("channel")
    rule = "one [[channel]] table at least, and nothing else"
    if not isinstance(rows, list) or not rows or set(data) != {"channel"}:
        refuse("channels", [Fault("channel", shown(sorted(data)), rule)])
    assert isinstance(rows, list)
    faults = [fault for k, row in enumerate(rows) for fault in _channel_faults(f"channel[{k}]", row)]
    names = [str(row.get("name")) for row in rows if isinstance(row, Mapping)]
    faults += [
        Fault("channel", shown(one), "a name used once")
        for one in sorted({n for n in names if names.count(n) > 1})
    ]
    refuse("channels", faults)
    return tuple(
        Channel(
            row["name"], row["kind"], row["to"], tuple(row["documents"]),
            tuple(row.get("languages", LANGUAGES)), tuple(row.get("groups", ())),
        )
        for row in rows
    )  # fmt: skip


def _channel_faults(place: str, row: object) -> Iterator[Fault]:
    if not isinstance(row, Mapping):
        yield Fault(place, shown(row), "a table")
        return
    known = ("name", "kind", "to", "documents", "languages", "groups")
    yield from (
        Fault(f"{place}.{key}", shown(row[key]), one_of(str(row[key]), known))
        for key in row
        if key not in known
    )
    name, kind, to = (row.get(key) for key in ("name", "kind", "to"))
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield Fault(f"{place}.name", shown(name), "small letters, digits, - and _, at most 32")
    if kind not in KINDS:
        yield Fault(f"{place}.kind", shown(kind), one_of(str(kind), KINDS))
    if not isinstance(to, str) or not to.strip():
        yield Fault(f"{place}.to", shown(to), "a folder, or an address of this machine")
    elif kind == "webhook" and not is_loopback(to):
        yield Fault(
            f"{place}.to", shown(to), "an address http://127.0.0.1:PORT/…: nothing leaves this machine"
        )
    lists = (("documents", DOCUMENTS), ("languages", LANGUAGES), ("groups", GROUPS))
    for key, allowed in lists:
        values = row.get(key, () if key == "groups" else allowed if key == "languages" else None)
        if not isinstance(values, list | tuple) or (key != "groups" and not values):
            yield Fault(f"{place}.{key}", shown(values), RuleText("a list of {}", ", ".join(allowed)))
        else:
            yield from (
                Fault(f"{place}.{key}", shown(one), one_of(str(one), allowed))
                for one in values
                if one not in allowed
            )


def is_loopback(address: str) -> bool:
    """Whether an address is plain HTTP to this machine, by number.

    Examples
    --------
    >>> is_loopback("http://127.0.0.1:8080/in"), is_loopback("http://example.org/"), is_loopback("http://localhost/")
    (True, False, False)
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
        return (
            parts.scheme == "http" and parts.username is None and port is not None
            and ipaddress.ip_address(host or "").is_loopback
        )  # fmt: skip
    except ValueError:
        return False


def check_recipients(recipients: pd.DataFrame) -> None:
    """Refuse a list of recipients with everything that is wrong with it.

    Parameters
    ----------
    recipients : DataFrame
        ``recipient`` (a name), ``group`` (of ``port``, ``enterprise``, ``platform``, ``consumers``,
        ``department``), ``address`` (an e-mail address; may be empty).

    Raises
    ------
    InputFaults
        With each missing column, each name or address that stands twice, each unknown group, each text that
        hides something, each address that is none.

    Examples
    --------
    >>> rows = [("a", "port", "a@b.cn"), ("c", "port", "a@b.cn")]
    >>> check_recipients(pd.DataFrame(rows, columns=["recipient", "group", "address"]))
    Traceback (most recent call last):
    riskkit.foundation.inputs.faults.InputFaults: recipients: 1 fault
      recipients/row 2: 'a@b.cn', must be: an address that stands once
    """
    missing = [Fault("recipients", name, "a column") for name in _COLUMNS if name not in recipients]
    refuse("recipients", missing)
    size = len(recipients)
    refuse(
        "recipients",
        [] if 0 < size <= _MOST else [Fault("recipients", f"{size} rows", RuleText("from 1 to {}", _MOST))],
    )
    refuse("recipients", _recipient_faults(_as_texts(recipients)))


def _as_texts(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype(object).where(table.notna(), "").astype(str)


def _recipient_faults(given: pd.DataFrame) -> Iterator[Fault]:
    names, addresses = given["recipient"].str.strip(), given["address"].str.strip().str.lower()
    named, written = names.duplicated().to_numpy(), (addresses.duplicated() & (addresses != "")).to_numpy()
    columns = (given["recipient"], given["group"], given["address"])
    for k, (name, group, address) in enumerate(zip(*columns, strict=True)):
        place = f"recipients/row {k + 1}"
        for text in (name, address) if address else (name,):
            try:
                plain_text(text)
            except ValueError as error:
                yield Fault(place, shown(text), str(error))
        if group not in GROUPS:
            yield Fault(f"{place}/group", shown(group), one_of(str(group), GROUPS))
        if address and not _MAIL.fullmatch(address):
            yield Fault(f"{place}/address", shown(address), "an e-mail address, or nothing")
        if named[k]:
            yield Fault(place, shown(name), "a name that stands once")
        if written[k]:
            yield Fault(place, shown(address), "an address that stands once")


def concerned(records_of: pd.DataFrame, *, hs: Sequence[str], places: Iterable[str] = ()) -> pd.DataFrame:
    """Which enterprises, ports and platforms a warning concerns, and why, from a register's records.

    Parameters
    ----------
    records_of : DataFrame
        Columns of the record: ``hs``, ``maker``, ``consignor``, ``port``, ``channel``; missing ones are taken
        as empty.
    hs : sequence of str
        Goods codes of the warning: a record is concerned when one code begins with the other.
    places : iterable of str
        Customs districts or ports named by the warning itself.

    Returns
    -------
    DataFrame
        ``recipient``, ``group``, ``reason`` (``maker``, ``consignor``, ``port`` or ``named``), ``n`` (records
        that say so), most records first.

    Examples
    --------
    >>> rows = pd.DataFrame({"hs": ["850760", "940510"], "maker": ["甲厂", "乙厂"], "port": ["2200", "2300"]})
    >>> concerned(rows, hs=["8507"])[["recipient", "group", "n"]].values.tolist()
    [['2200', 'port', 1], ['甲厂', 'enterprise', 1]]
    """
    of = _as_texts(records_of.reindex(columns=["hs", "maker", "consignor", "port", "channel"]))
    is_hit = pd.Series(data=False, index=of.index)
    for code in hs:
        is_hit |= of["hs"].str.startswith(code) | of["hs"].map(
            lambda own, code=code: bool(own) and code.startswith(own)
        )
    parts = []
    for column, group in (
        ("maker", "enterprise"),
        ("consignor", "enterprise"),
        ("port", "port"),
        ("channel", "platform"),
    ):
        named = of.loc[is_hit & (of[column].str.strip() != ""), column].str.strip().value_counts()
        parts.append(
            pd.DataFrame({"recipient": named.index, "group": group, "reason": column, "n": named.to_numpy()})
        )
    given = list(dict.fromkeys(places))
    parts.append(pd.DataFrame({"recipient": given, "group": "port", "reason": "named", "n": 0}))
    found = pd.concat(parts, ignore_index=True).astype({"n": "int64"})
    found = found.sort_values(["n", "group", "recipient"], ascending=[False, False, True], kind="stable")
    return found.drop_duplicates(["recipient", "group"]).reset_index(drop=True)


@dataclass(frozen=True)
class Delivery:
    """One file to one place.

    Parameters
    ----------
    key : str
        The same for the same content to the same place: what is delivered once is never delivered again.
    channel : Channel
    recipient, address : str
        Empty for a channel that is its own recipient.
    file : str
        Its name.
    """

    key: str
    channel: Channel
    recipient: str
    address: str
    file: str


def deliveries(
    channels: Sequence[Channel], files: Mapping[str, bytes], recipients: pd.DataFrame | None = None
) -> tuple[Delivery, ...]:
    """Everything that is to be delivered of an issue, each with a key of its own.

    Parameters
    ----------
    channels : sequence of Channel
    files : mapping of str to bytes
        ``DOCUMENT.LANG.FORMAT`` → content.
    recipients : DataFrame, optional
        As for `check_recipients`, which is done here; who has no address gets no mail.

    Returns
    -------
    tuple of Delivery

    Raises
    ------
    InputFaults
        As for `check_recipients`.

    Examples
    --------
    >>> out = Channel("out", "folder", "sent", ("short",), ("zh",))
    >>> [one.file for one in deliveries([out], {"short.zh.txt": b"x", "short.en.txt": b"y"})]
    ['short.zh.txt']
    """
    if recipients is not None:
        check_recipients(recipients)
    found = []
    for channel in channels:
        wanted = [name for name in sorted(files) if _is_wanted(name, channel)]
        for recipient, address in _whom(channel, recipients):
            for name in wanted:
                told = "\n".join([channel.name, channel.kind, channel.to, recipient, address, name])
                digest = hashlib.sha256(
                    told.encode() + b"\n" + hashlib.sha256(files[name]).digest()
                ).hexdigest()
                found.append(Delivery(digest, channel, recipient, address, name))
    return tuple(found)


def _is_wanted(name: str, channel: Channel) -> bool:
    document, _, rest = name.partition(".")
    lang = rest.partition(".")[0]
    return document in channel.documents and (lang in channel.languages or document in ("cap", "data"))


def _whom(channel: Channel, recipients: pd.DataFrame | None) -> list[tuple[str, str]]:
    if channel.kind != "mail" or recipients is None:
        return [("", "")]
    rows = records(_as_texts(recipients))
    is_for = [row for row in rows if not channel.groups or row["group"] in channel.groups]
    return [
        (str(row["recipient"]).strip(), str(row["address"]).strip())
        for row in is_for
        if str(row["address"]).strip()
    ]
