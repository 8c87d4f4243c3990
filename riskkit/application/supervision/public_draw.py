"""A public draw of lots: the rates and a secret are committed to before anybody knows the seed.

The authority publishes the digest of its table of rates and that of a secret. After a public number has
become known (a lottery), the secret is revealed; both give the seed, with which everybody repeats the
decision on every lot (`riskkit.application.supervision.inspection_rates.decide`).
"""

from __future__ import annotations

import pandas as pd

from riskkit.foundation.inputs.faults import Fault, refuse, shown
from riskkit.foundation.records.number_columns import NumberColumn, number_columns
from riskkit.response.referral.inspection_draw import Commitment, commit, committed_draw


def _lines(rates: pd.DataFrame) -> list[str]:
    """The table of rates as lines in the order of the subjects: what the digest is about."""
    kinds = [NumberColumn(name, low=0, high=1) for name in ("rate_random", "rate_targeted")]
    known = number_columns(rates, kinds, what="rates")
    faults = [Fault("rates", shown(label), "a label that stands once, on one line, without a tab")
              for label, is_double in zip(rates.index, rates.index.duplicated(), strict=True)
              if is_double or not str(label).strip() or set("\t\n") & set(str(label))]  # fmt: skip
    refuse("rates", faults)
    cells = zip(rates.index, known["rate_random"], known["rate_targeted"], strict=True)
    # repr of a double is the shortest text that gives it back: one text for one number, on every machine
    return sorted(f"{label}\t{float(random)!r}\t{float(targeted)!r}" for label, random, targeted in cells)


def commit_rates(rates: pd.DataFrame, *, secret: str) -> Commitment:
    """What is published before the lots of a period arrive.

    Parameters
    ----------
    rates : DataFrame
        rate_random, rate_targeted, each subject's label once in the index, as from
        `riskkit.application.supervision.inspection_rates.inspection_rates`.
    secret : str
        Of 16 characters or more, without ``|``; kept until the public number is known.

    Returns
    -------
    Commitment
        Digests of the table and of the secret; `n_names` is the number of subjects, `n_drawn` is 1 and says
        nothing here.

    Raises
    ------
    InputFaults
        With every doubled label, share outside 0 to 1, and a weak secret.

    References
    ----------
    .. [1] FIPS 180-4 (``nist_fips_180_4``); 国办发〔2015〕58号 (``sc_2015_58``), the principle only.

    Examples
    --------
    >>> rates = pd.DataFrame({"rate_random": [0.1], "rate_targeted": [0.2]}, index=["toys"])
    >>> commit_rates(rates, secret="correct horse battery").list_digest[:12]
    'b9b08cc308fd'
    """
    return commit(_lines(rates), secret=secret, n=1)


def public_seed(rates: pd.DataFrame, commitment: Commitment, *, secret: str, public: str) -> str:
    """The seed of the draw, when table and secret are those that were committed to.

    Parameters
    ----------
    rates : DataFrame
        As it was committed to, in any order.
    commitment : Commitment
        What was published before.
    secret, public : str
        The secret that is revealed now, and the public number, without ``|``.

    Returns
    -------
    str
        For `riskkit.application.supervision.inspection_rates.decide`.

    Raises
    ------
    InputFaults
        When the table or the secret is not the one that was committed to.

    Examples
    --------
    >>> rates = pd.DataFrame({"rate_random": [0.1], "rate_targeted": [0.2]}, index=["toys"])
    >>> promise = commit_rates(rates, secret="correct horse battery")
    >>> public_seed(rates, promise, secret="correct horse battery", public="118")
    'correct horse battery/118'
    >>> public_seed(rates.assign(rate_random=0.2), promise, secret="correct horse battery", public="118")
    Traceback (most recent call last):
    riskkit.foundation.inputs.faults.InputFaults: draw: 2 faults
      list: c75372277cdccc39, must be: what was published: b9b08cc308fdbe84
      secret: 7f9df722d255a643, must be: what was published: e6f6879d416d4ca2
    """
    drawn = committed_draw(_lines(rates), commitment, secret=secret, public=public)
    return str(drawn["seed"].iloc[0])
