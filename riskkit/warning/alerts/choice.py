"""通报、通告、公告: which documents a warning needs, from its measures; and who may publish it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown
from riskkit.foundation.language import language
from riskkit.foundation.standards import standards

DOCUMENTS = ("bulletin", "circular", "announcement")
CONSUMER_GOODS = ("consumer_product", "food_contact", "cosmetic", "vehicle")


@dataclass(frozen=True)
class ChosenDocument:
    """A document and why it was chosen.

    Parameters
    ----------
    document : str
        ``bulletin`` (通报), ``circular`` (通告) or ``announcement`` (公告).
    zh, en : str
        Its name.
    measures : tuple of str
        The measures that ask for it.
    why_zh, why_en : str
        The rule that chose it.
    """

    document: str
    zh: str
    en: str
    measures: tuple[str, ...]
    why_zh: str
    why_en: str


def default_measures(
    level: int, *, direction: str, goods: str, has_defect: bool | None = None
) -> tuple[str, ...]:
    """The measures that a level brings by default, before anybody decides otherwise.

    Parameters
    ----------
    level : int
        1–4 for Ⅳ–Ⅰ.
    direction : str
        ``import``, ``export`` or both, as the case has it.
    goods : str
        Kind of goods: consumers are warned of what they use themselves.
    has_defect : bool, optional
        Whether a defect is found in goods that consumers use: a recall is then owed whatever the level, and
        without one it is not.
        Where nothing is said of it, a recall is proposed from level Ⅱ on.

    Returns
    -------
    tuple of str
        Codes of the table ``alert_measures``.

    Raises
    ------
    ValueError
        When the level is none of 1 to 4.

    References
    ----------
    .. [1] 国发〔2017〕43号, 11: measures in proportion to the level (``sc_2017_43``); which ones is house.
    .. [2] Recall of consumer products with a defect: SAMR order 19, Art. 3 (``samr_order_19``).

    Examples
    --------
    >>> default_measures(1, direction="import", goods="industrial")
    ('notify_firms', 'further_study')
    >>> "recall" in default_measures(1, direction="import", goods="consumer_product", has_defect=True)
    True
    >>> "ban" in default_measures(4, direction="import", goods="consumer_product")
    True
    """
    if level not in range(1, 5):
        raise ValueError("a level from 1 to 4")
    users = "consumers" if goods in CONSUMER_GOODS else "any"
    defect = (
        has_defect if users == "consumers" else None
    )  # the rules on recalls are for goods in people's hands
    return tuple(
        str(row["measure"])
        for row in standards.rows("alert_measures")
        if _from_level(row, defect) <= level
        and row["direction"] in ("any", direction)
        and row["users"] in ("any", users)
    )


def _from_level(row: Mapping[str, Any], has_defect: bool | None) -> float:
    """The level from which a measure is taken; none where it answers a defect and there is none."""
    of_defect = float(row["defect_level"])
    if has_defect is None or math.isnan(of_defect):
        return float(row["min_level"])
    return of_defect if has_defect else math.inf


def choose_documents(measures: Iterable[str]) -> tuple[ChosenDocument, ...]:
    """The documents that some measures need: one, or several at once.

    Parameters
    ----------
    measures : iterable of str
        Codes of the table ``alert_measures``.

    Returns
    -------
    tuple of ChosenDocument
        In the order 通报, 通告, 公告.

    Raises
    ------
    InputFaults
        With each unknown measure, or when there is none.

    References
    ----------
    .. [1] 国发〔2017〕43号, 9 (source ``sc_2017_43``).

    Examples
    --------
    >>> [one.zh for one in choose_documents(["strengthen_inspection", "recall"])]
    ['风险警示通报', '风险警示公告']
    """
    asked = list(dict.fromkeys(measures))
    known = {str(row["measure"]): str(row["document"]) for row in standards.rows("alert_measures")}
    rule = RuleText("one of {}", ", ".join(known))
    refuse("measures", [Fault("measures", shown(one), rule) for one in asked if one not in known])
    refuse("measures", [] if asked else [Fault("measures", "", "one at least")])
    found = []
    for row in standards.rows("alert_documents"):
        of = tuple(one for one in asked if known[one] == row["document"])
        if of:
            why = (str(row["purpose_zh"]), str(row["purpose_en"]))
            found.append(ChosenDocument(str(row["document"]), str(row["zh"]), str(row["en"]), of, *why))
    return tuple(found)


def authority_of(level: int) -> tuple[str, bool]:
    """Who may publish a warning of a level, and whether that needs the State Council's authorisation.

    Parameters
    ----------
    level : int
        1–4 for Ⅳ–Ⅰ.

    References
    ----------
    .. [1] 国发〔2017〕43号, 10 (source ``sc_2017_43``).

    Examples
    --------
    >>> from riskkit.foundation.language import in_language
    >>> in_language("zh", authority_of, 4)[1], authority_of(3)
    (True, ('the commodity-quality authority', False))
    """
    row = standards.table("alert_authorities").set_index("level").loc[level]
    return str(row[language()]), str(row["needs_authorisation"]) == "yes"
