"""What riskkit knows of each assessment method: its formula, source, inputs, and what its levels ask for."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from riskkit.foundation.language import language
from riskkit.foundation.standards import standards
from riskkit.foundation.standards.scales import scale


@dataclass(frozen=True)
class MethodCard:
    """One method as the table ``method_cards.csv`` describes it.

    Parameters
    ----------
    method : str
        Its code.
    scale : str
        The scale of its result, in ``scales.csv``.
    goods : tuple of str
        Goods it is for; empty for any.
    counts : tuple of str
        Inputs it counts, of the glossary list ``method_input``.
    zh, en : str
        Its name.
    formula_zh, formula_en : str
        How it works, in a line.
    function : str
        Where it is computed.
    source_id, locator, status : str
        Where it comes from.
    """

    method: str
    scale: str
    goods: tuple[str, ...]
    counts: tuple[str, ...]
    zh: str
    en: str
    formula_zh: str
    formula_en: str
    function: str
    source_id: str
    locator: str
    status: str

    def name(self) -> str:
        """Its name in ``zh`` or ``en``."""
        return self.zh if language() == "zh" else self.en

    def formula(self) -> str:
        """Its formula in ``zh`` or ``en``."""
        return self.formula_zh if language() == "zh" else self.formula_en


@functools.cache
def method_cards() -> Mapping[str, MethodCard]:
    """Every method by its code, in the order in which they are compared.

    Examples
    --------
    >>> method_cards()["lec"].scale, method_cards()["eu_2024_3173"].counts
    ('lec', ('probability', 'severity'))
    """
    fields = list(MethodCard.__dataclass_fields__)
    cards = {}
    for row in standards.table("method_cards")[fields].to_dict("records"):
        given = {str(name): str(value) for name, value in row.items()}
        lists = {name: tuple(filter(None, given.pop(name).split("|"))) for name in ("goods", "counts")}
        cards[given["method"]] = MethodCard(**given, **lists)  # type: ignore[arg-type]
    return cards


@functools.cache
def _actions() -> Mapping[tuple[str, str], str]:
    rows = standards.table("method_actions").to_dict("records")
    return {(str(row["scale"]), str(row["level"])): str(row["action"]) for row in rows}


def action_of(scale_name: str, level: str) -> str:
    """The action class that a level of a method stands for: ``none``, ``watch``, ``act`` or ``act_now``.

    Every matching is a house choice (``method_actions.csv``): without one, methods could not be compared.

    Parameters
    ----------
    scale_name, level : str
        A scale and one of its levels.

    Raises
    ------
    KeyError
        When the table has no such row.

    Examples
    --------
    >>> action_of("risk", "serious"), action_of("lec", "general")
    ('act_now', 'watch')
    """
    return _actions()[scale_name, level]


def highest_action(scale_name: str) -> str:
    """The most that a method with this scale can ask for.

    Examples
    --------
    >>> highest_action("triage"), highest_action("kinney")
    ('watch', 'act_now')
    """
    order = scale("action").codes
    return max((action_of(scale_name, level) for level in scale(scale_name).codes), key=order.index)
