"""A final vote: the majority, whether it was confirmed, and every dissent with its reason."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from riskkit.foundation.faults import Fault, refuse, shown


@dataclass(frozen=True)
class VoteResult:
    """What was decided.

    Parameters
    ----------
    option : str
        What more than half of the votes cast were for; empty where nothing was.
    outcome : str
        ``confirmed``, ``not_confirmed``, ``majority`` (nobody asked to confirm yet), ``no_majority`` or
        ``no_quorum``.
    counts : dict of str to int
        Votes for each option, most first.
    n_cast, n_abstained, n_members : int
        Votes cast, abstentions, and who may vote.
    dissent : DataFrame
        ``expert``, ``option``, ``reason`` of all who voted otherwise; kept, never averaged away.
    """

    option: str
    outcome: str
    counts: dict[str, int]
    n_cast: int
    n_abstained: int
    n_members: int
    dissent: pd.DataFrame


def majority_vote(
    votes: pd.DataFrame,
    *,
    members: list[str],
    quorum: float = 0.5,
    is_confirmed: bool | None = None,
) -> VoteResult:
    """Count a final vote: more than half of the votes cast decides, then somebody confirms it.

    Parameters
    ----------
    votes : DataFrame
        ``expert``, ``option`` (missing for an abstention), ``reason``. Who dissents gives a reason.
    members : list of str
        Who may vote; recused experts are not among them.
    quorum : float
        Share of the members [0–1] that must be exceeded by votes cast.
    is_confirmed : bool, optional
        Whether the majority was confirmed; None where nobody has been asked yet.

    Returns
    -------
    VoteResult

    Raises
    ------
    InputFaults
        With each second vote, each vote of somebody who is no member, and each dissent without a reason.

    References
    ----------
    .. [1] Guidance on risk information of key industrial products: expert judgement by majority and
       confirmation (``expert_majority``).

    Examples
    --------
    >>> rows = [("a", "II", ""), ("b", "II", ""), ("c", "III", "few data")]
    >>> votes = pd.DataFrame(rows, columns=["expert", "option", "reason"])
    >>> found = majority_vote(votes, members=["a", "b", "c"], is_confirmed=True)
    >>> found.option, found.outcome, found.dissent["reason"].tolist()
    ('II', 'confirmed', ['few data'])
    """
    refuse("votes", _who_faults(votes, members))
    cast = votes.dropna(subset=["option"]).astype({"option": str})
    counts = {str(k): int(v) for k, v in cast["option"].value_counts(sort=True).items()}
    top = next(iter(counts), "")
    option = top if counts and 2 * counts[top] > len(cast) else ""
    dissent = cast[cast["option"] != option][["expert", "option", "reason"]].reset_index(drop=True)
    silent = dissent[dissent["reason"].fillna("").str.strip() == ""] if option else dissent.head(0)
    rule = "a reason, from whom votes against the majority"
    refuse("votes", [Fault(f"votes/{expert}/reason", "''", rule) for expert in silent["expert"]])
    if len(cast) <= quorum * len(members):
        outcome = "no_quorum"
    elif not option:
        outcome = "no_majority"
    else:
        outcome = {None: "majority", True: "confirmed", False: "not_confirmed"}[is_confirmed]
    n_cast = len(cast)
    return VoteResult(option, outcome, counts, n_cast, len(votes) - n_cast, len(members), dissent)


def _who_faults(votes: pd.DataFrame, members: list[str]) -> list[Fault]:
    missing = [Fault("votes", n, "a column") for n in ("expert", "option", "reason") if n not in votes]
    if missing:
        return missing
    twice = votes[votes.duplicated("expert")]["expert"]
    strange = votes[~votes["expert"].isin(members)]["expert"]
    return [
        *(Fault("votes", shown(name), "one vote an expert") for name in twice),
        *(Fault("votes", shown(name), "a member who may vote") for name in strange),
    ]
