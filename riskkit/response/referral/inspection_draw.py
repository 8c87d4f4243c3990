"""A random draw of whom to inspect that nobody can steer: a commitment first, the seed afterwards.

Before the draw the authority publishes the digest of the closed list and the digest of a secret of its own.
Later a public number becomes known that nobody knew (a lottery); the authority reveals the secret, and draws
with both. Whoever has the list, the secret and the number repeats the draw; a list or secret that was changed
no longer fits what was published.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.monitoring.random_draw import draw_order

_LEAST_SECRET = 16  # characters: a shorter secret can be found by trying


@dataclass(frozen=True)
class Commitment:
    """What is published before the draw.

    Parameters
    ----------
    list_digest : str
        SHA-256 of the closed list, one name a line, in its order.
    secret_digest : str
        SHA-256 of the secret and the digest of the list.
    n_names, n_drawn : int
        How many names the list has, and how many will be drawn.
    """

    list_digest: str
    secret_digest: str
    n_names: int
    n_drawn: int


def commit(names: Sequence[str], *, secret: str, n: int) -> Commitment:
    """Close a list and commit to a secret before the draw.

    Parameters
    ----------
    names : sequence of str
        Whom or what may be drawn, each once, on one line each.
    secret : str
        Of 16 characters or more, without ``|``; kept until the draw.
    n : int
        How many will be drawn.

    Raises
    ------
    InputFaults
        With every doubled, empty or broken name, a weak secret, and a number that cannot be drawn.

    References
    ----------
    .. [1] 国办发〔2015〕58号 (``sc_2015_58``), the principle only; FIPS 180-4 (``nist_fips_180_4``).

    Examples
    --------
    >>> commit(["甲", "乙", "丙"], secret="correct horse battery", n=2).list_digest[:12]
    'edc2cbb4af5c'
    """
    faults = [
        Fault(f"name {k}", shown(name), "one line") for k, name in enumerate(names) if "\n" in str(name)
    ]
    if len(secret) < _LEAST_SECRET or "|" in secret:
        faults.append(
            Fault(
                "secret",
                f"{len(secret)} characters",
                RuleText("{} characters or more, without |", _LEAST_SECRET),
            )
        )
    if not 1 <= n <= len(names):
        faults.append(Fault("n", str(n), RuleText("a number from 1 to {}", len(names))))
    refuse("commitment", faults)
    draw_order(names, seed="check")  # refuses doubled and empty names
    digest = _digest("\n".join(names))
    return Commitment(digest, _digest(f"{secret}\n{digest}"), len(names), n)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def committed_draw(names: Sequence[str], commitment: Commitment, *, secret: str, public: str) -> pd.DataFrame:
    """Draw, or repeat a draw, from a list and a secret that fit what was published.

    Parameters
    ----------
    names, secret
        As they were committed to.
    commitment : Commitment
        What was published before.
    public : str
        The public number that became known after the commitment, without ``|``.

    Returns
    -------
    DataFrame
        The drawn names in the order of the draw: place (in `names`), name, ticket, seed.

    Raises
    ------
    InputFaults
        When the list or the secret is not the one that was committed to.

    Examples
    --------
    >>> names = ["甲", "乙", "丙"]
    >>> promise = commit(names, secret="correct horse battery", n=2)
    >>> committed_draw(names, promise, secret="correct horse battery", public="118")["name"].tolist()
    ['丙', '乙']
    """
    now = commit(names, secret=secret, n=commitment.n_drawn)
    pairs = (
        ("list", now.list_digest, commitment.list_digest),
        ("secret", now.secret_digest, commitment.secret_digest),
    )
    faults = [
        Fault(what, here[:16], RuleText("what was published: {}", then[:16]))
        for what, here, then in pairs
        if here != then
    ]
    refuse("draw", faults)
    seed = f"{secret}/{public}"
    return draw_order(names, seed=seed).head(commitment.n_drawn).assign(seed=seed)
