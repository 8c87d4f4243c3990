"""The draft of a comment on a notification, and the events of the calendar of final dates."""

from __future__ import annotations

from typing import Any

import pandas as pd

from riskkit.foundation.language import language
from riskkit.foundation.standards.codes import country_name
from riskkit.foundation.standards.tables import records
from riskkit.words.numbers import figure, listed, number, rate
from riskkit.workbench.flows.trade.trade_study import TradeStudy, money_range, rate_range, rule_words, say
from riskkit.workbench.flows.warnings.official import FilledDocument, filled, template_text

OPEN = ("comment_now", "comment")
_TEMPLATE = "trade_comment"


def open_notifications(study: TradeStudy) -> list[str]:
    """Symbols of those that can still be commented on, the next final date first."""
    is_open = study.deadlines["decision"].isin(OPEN) & study.standing["is_whole"]
    decided = study.deadlines[is_open]
    return [str(symbol) for symbol in decided.sort_values("margin", kind="stable").index]


def draft_comment(study: TradeStudy, symbol: str, *, issuer: str) -> FilledDocument:
    """A comment that an expert checks and completes before it goes to the enquiry point."""
    row, exposed, due = (_row(one, symbol) for one in (study.standing, study.exposed, study.deadlines))
    is_known = pd.notna(exposed["value_hi"]) and exposed["value_hi"] > 0
    values: dict[str, str | list[str]] = {
        "symbol": symbol,
        "latest": str(row["latest"]),
        "member": country_name(row["member"]),
        "title": str(row["title"]),
        "distributed_on": str(row["distributed_on"]),
        "comments_by": str(row["comments_by"]),
        "value": money_range(exposed["value_lo"], exposed["value_hi"]) if is_known else "",
        "share": rate_range(exposed["share_lo"], exposed["share_hi"]) if is_known else "",
        "gaps": _gap_lines(study, symbol),
        "asks": _asks(row, due, is_coded=_row(study.verdicts, symbol)["decision"] == "known"),
        "issuer": issuer,
        "issued_on": study.on.isoformat(),
    }
    lines = filled(template_text(_TEMPLATE), values, name=_TEMPLATE)
    return FilledDocument(lines, language(), issuer, say("draft"), "", say("comment"),
                          foot_words=say("foot"))  # fmt: skip


def _gap_lines(study: TradeStudy, symbol: str) -> list[str]:
    if study.gaps.empty:
        return []
    rows = study.requirements.join(study.gaps)
    rows = rows[(rows["base"] == symbol) & rows["decision"].isin(["stricter", "new_requirement"])]
    return [gap_sentence(row) for row in records(rows)]


def limit_words(row: dict[str, Any], *, own: str = "") -> str:
    """A limit such as ≤ 90 mg/kg; a dash where there is none."""
    side, limit, unit = (row[f"{own}{name}"] for name in ("side", "limit", "unit"))
    if side is None or limit is None or pd.isna(limit):
        return "—"
    return say(f"bound_{side}", limit=figure(float(limit)), unit=unit or "")


def gap_sentence(row: dict[str, Any]) -> str:
    """A notified limit against the own one, with the share of own products that would fail."""
    notified = limit_words(row)
    own = limit_words(row, own="own_")
    key = "gap_new" if row["decision"] == "new_requirement" else "gap_stricter"
    text = say(key, item=row["item"], notified=notified, own=own)
    if pd.notna(row["share_failing"]):
        ends = [rate(row[f"share_failing_{end}"]) for end in ("lo", "hi")]
        share = rate(row["share_failing"])
        text += say("gap_failing", n=number(float(row["n_tested"])), share=share, low=ends[0],
                    high=ends[1])  # fmt: skip
    return text


def _row(table: pd.DataFrame, symbol: str) -> dict[str, Any]:
    return {str(name): value for name, value in table.loc[symbol].items()}


def _asks(row: dict[str, Any], due: dict[str, Any], *, is_coded: bool) -> list[str]:
    """What is asked of the Member, by the provisions of the agreement concerned."""
    is_tbt = row["agreement"] == "TBT"
    keys = ["ask_standard_tbt" if is_tbt else "ask_standard_sps"]
    keys += ["ask_extension"] if due["is_short"] else []
    keys += [] if is_coded else ["ask_codes"]
    keys.append("ask_period_tbt" if is_tbt else "ask_period_sps")
    keys.append("ask_answer_tbt" if is_tbt else "ask_answer_sps")
    return [say(key) for key in keys]


def calendar_events(study: TradeStudy) -> pd.DataFrame:
    """Final dates of all notifications that have one, in words for a calendar."""
    rules = rule_words()
    rows = []
    for symbol in map(str, study.deadlines.index):
        due, stands = _row(study.deadlines, symbol), _row(study.standing, symbol)
        if pd.isna(due["comments_by"]) or not stands["is_whole"]:
            continue
        rows.append({
            "symbol": symbol,
            "summary": say("event", symbol=symbol, member=country_name(stands["member"])),
            "description": listed([stands["title"], rules[due["rule_id"]]]),
            "comments_by": due["comments_by"],
            "sequence": int(stands["n_documents"]) - 1,
            "is_cancelled": bool(stands["is_withdrawn"]),
            "days_before": 14,
        })  # fmt: skip
    heads = ["summary", "description", "comments_by", "sequence", "is_cancelled", "days_before"]
    return pd.DataFrame(rows, columns=["symbol", *heads]).set_index("symbol")
