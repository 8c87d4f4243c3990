"""Ballots that nobody reads before their round is closed, though they lie in a ledger that many can read.

A session has one secret key, kept in a file apart from the ledger; the ledger holds its SHA-256 from the
start. Each round has a key made from it, which is published in the event that closes the round: from then on
anybody who has the ledger, or an export of it, can open the ballots of the round and see that they are the
ones that were cast.

A ballot is encrypted and authenticated in one go, and the same ballot gives the same text, so that a retry is
known as one: a tag (HMAC-SHA-256 over expert and ballot) seeds a key stream (SHAKE-256 over key and tag) and
is checked when the ballot is opened: a synthetic initialisation vector, as in RFC 5297, built from the
standard library's hashes because no cryptographic library is among riskkit's dependencies. Ballots are filled
up to full kilobytes, so that their length tells little.

What it protects: who has the ledger, a backup or an export, without the key, learns who voted and when, and
nothing else. What it does not: who has the key file **and** the ledger can read open ballots with a program
of their own. So the key belongs with somebody who is not the chair (the secretary, the auditor), on a
machine or an account of its own.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from riskkit.foundation.events import canonical

KEY_BYTES = 32
_TAG_BYTES = 32
# ballots are filled up to whole blocks: their length must not tell how much somebody wrote
_BLOCK = 1024


def key_hash(key: bytes) -> str:
    """What a ledger holds of a session's key from the start.

    Examples
    --------
    >>> key_hash(bytes(32))[:8]
    '66687aad'
    """
    return hashlib.sha256(key).hexdigest()


def round_key(key: bytes, session: str, name: str) -> bytes:
    """The key of one round of a session.

    Examples
    --------
    >>> round_key(bytes(32), "a", "1") == round_key(bytes(32), "a", "2")
    False
    """
    return _mac(key, f"riskkit round\n{session}\n{name}".encode())


def seal(answers: Mapping[str, Any], *, key: bytes, expert: str) -> str:
    """A ballot as the ledger holds it while its round is open.

    Parameters
    ----------
    answers : mapping
        As JSON can hold it.
    key : bytes
        Of the round.
    expert : str
        Whose ballot it is; it opens for this name only.

    Examples
    --------
    >>> sealed = seal({"scope": {"level": "3"}}, key=bytes(32), expert="e1")
    >>> unseal(sealed, key=bytes(32), expert="e1"), len(sealed)
    ({'scope': {'level': '3'}}, 1408)
    """
    plain = canonical(answers).encode()
    plain += b" " * (-len(plain) % _BLOCK)
    tag = _tag(plain, key=key, expert=expert)
    return base64.b64encode(tag + _xor(plain, key, tag)).decode("ascii")


def unseal(sealed: str, *, key: bytes, expert: str) -> dict[str, Any]:
    """The answers of a ballot.

    Raises
    ------
    ValueError
        When the key is another, or the ballot was changed or is somebody else's.

    Examples
    --------
    >>> unseal(seal({}, key=bytes(32), expert="e1"), key=bytes(32), expert="e2")
    Traceback (most recent call last):
    ValueError: a ballot sealed for this expert and round
    """
    rule = "a ballot sealed for this expert and round"
    try:
        raw = base64.b64decode(sealed, validate=True)
    except ValueError as error:
        raise ValueError(rule) from error
    tag, hidden = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
    plain = _xor(hidden, key, tag)
    if not hmac.compare_digest(tag, _tag(plain, key=key, expert=expert)):
        raise ValueError(rule)
    found: dict[str, Any] = json.loads(plain)
    return found


def signature(text: str, *, key: bytes, session: str) -> str:
    """A mark that only who has the session's key can make; put on ballot forms.

    Examples
    --------
    >>> len(signature("form", key=bytes(32), session="a"))
    64
    """
    return _mac(_mac(key, f"riskkit form\n{session}".encode()), text.encode()).hex()


def _tag(plain: bytes, *, key: bytes, expert: str) -> bytes:
    return _mac(_mac(key, b"riskkit tag"), expert.encode() + b"\n" + plain)


def _xor(text: bytes, key: bytes, tag: bytes) -> bytes:
    stream = hashlib.shake_256(b"riskkit stream" + key + tag).digest(len(text))
    return bytes(a ^ b for a, b in zip(text, stream, strict=True))


def _mac(key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, hashlib.sha256).digest()
