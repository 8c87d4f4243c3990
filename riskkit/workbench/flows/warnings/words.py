"""The words of warnings' documents and commands, in zh and en."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from riskkit.foundation.language import language
from riskkit.words.catalogue import warning_text as say

if TYPE_CHECKING:
    from riskkit.warning.alerts.notice_rules import OpenRule


def open_rule_words(rule: OpenRule) -> str:
    """What an announcement still lacks, with the clause that asks for it."""
    return say("rule_open", of=rule.lang, asks=rule.asks[language()], clause=clause_words(rule))


def clause_words(rule: OpenRule) -> str:
    """The law and the clause that a rule comes from."""
    from riskkit.foundation.standards import standards

    document = str(standards.source(rule.source_id)["document"])
    law = document.partition(" on ")[0].partition("第")[0]
    return f"{law.strip()} {rule.locator}"


def assessed_words(assessed: Sequence[str]) -> str:
    """The proven and the possible level of the assessment behind a warning, in words."""
    lo, hi = assessed[0], assessed[-1]
    return say("assessed", assessed=say("level_range" if lo != hi else "level_alone", lo=lo, hi=hi))
