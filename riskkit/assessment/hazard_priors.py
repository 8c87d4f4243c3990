"""What the words of a hazard say before a case is worked out: severity, probability and who is harmed."""

from __future__ import annotations

import functools
import re

import pandas as pd

from riskkit.foundation.standards import standards

_BETWEEN = re.compile(r"\s*[;,]\s*(?=[a-z])")
COLUMNS = ("prior_id", "severity", "p", "is_vulnerable", "is_lasting")


def hazard_priors(hazards: pd.Series, products: pd.Series | None = None) -> pd.DataFrame:
    """Severity, probability, vulnerability and lasting agent of hazards described in English words.

    A first guess for records that name no more than a hazard and a product. It uses no decision of any
    authority. Of several hazards in one text the one of the greatest severity counts, then of the greatest
    probability.

    Parameters
    ----------
    hazards : Series of str
        Descriptions of hazards; several are separated by ``;`` or ``,``.
    products : Series of str, optional
        Descriptions of products with the index of `hazards`: some hazards weigh differently in feed or in
        meat that is cooked.

    Returns
    -------
    DataFrame
        With the index of `hazards`: prior_id, severity (1–4), p (probability that one user of an affected
        product comes to that injury), is_vulnerable, is_lasting. Missing where no row of the table fits:
        the hazard is then unknown, which is not the same as low.

    Raises
    ------
    ValueError
        When the two Series have different indexes.

    References
    ----------
    .. [1] ``hazard_priors.csv``; each row names its source, the figures are house rows.

    Examples
    --------
    >>> found = hazard_priors(pd.Series(["Listeria monocytogenes", "incorrect net weight", "unheard of"]))
    >>> found["severity"].tolist(), found["prior_id"].isna().tolist()
    ([4, 1, <NA>], [False, False, True])
    >>> words = pd.Series(["Salmonella", "Salmonella"])
    >>> hazard_priors(words, pd.Series(["feed materials", "sesame seeds"]))["severity"].tolist()
    [2, 3]
    """
    kinds = pd.Series("", index=hazards.index) if products is None else products
    if not kinds.index.equals(hazards.index):
        raise ValueError("hazards and products have different indexes")
    pairs = pd.DataFrame({"hazard": hazards.fillna(""), "product": kinds.fillna("")}).apply(
        lambda texts: texts.astype("str").str.casefold()
    )
    codes, distinct = pd.factorize(pd.MultiIndex.from_frame(pairs))
    found = pd.DataFrame([_worst(*pair) for pair in distinct], columns=list(COLUMNS))
    found = found.take(codes).set_axis(hazards.index)
    return found.astype(
        {
            "prior_id": "string",
            "severity": "Int8",
            "p": "float64",
            "is_vulnerable": "boolean",
            "is_lasting": "boolean",
        }
    )


@functools.cache
def _rows() -> tuple[tuple[re.Pattern[str], re.Pattern[str], tuple[object, ...]], ...]:
    """Compiled rows of the table, in its order: the more specific words stand first."""
    return tuple(
        (
            re.compile(row["pattern"]),
            re.compile(row["product"]),
            (
                row["prior_id"],
                row["severity"],
                row["p"],
                row["is_vulnerable"] == "yes",
                row["is_lasting"] == "yes",
            ),
        )
        for row in standards.rows("hazard_priors")
    )


def _worst(hazard: str, product: str) -> tuple[object, ...]:
    """The gravest row among those whose words occur; words that a row has read are not read again."""
    worst: tuple[object, ...] = (None,) * len(COLUMNS)
    rank = (0.0, 0.0)
    for cell in _BETWEEN.split(hazard):
        text = cell
        for words, kinds, answer in _rows():
            if words.search(text) and kinds.search(product):
                text = words.sub(" ", text)
                this = (float(str(answer[1])), float(str(answer[2])))
                if this > rank:
                    worst, rank = answer, this
    return worst
