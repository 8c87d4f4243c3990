"""Commands that make files from tables of one's own, with their options."""

from __future__ import annotations

_PAPER = ("paper_day", "issuer", "papers_out", "paper_format", "force")
OF_TABLES = {
    "signals": (
        "signals.scan scan_signals",
        ["reports", "on", "budget", "steps", "here", "exposure", "engine", "signals_out", "force"],
    ),
    "letters": (
        "enterprise.letters make_letters",
        ["findings", "duties", "tests", "on", "issuer", "letters_out", "letter_format", "jobs", "resume"],
    ),
    "recall-report": (
        "papers.writing write_recall_reports",
        ["progress", "recall_facts", "recall_kind", *_PAPER],
    ),
    "order-sheets": ("papers.writing write_order_sheets", ["case", "consignments", *_PAPER]),
    "referral-letters": ("papers.writing write_referral_letters", ["referrals", *_PAPER]),
    "catalogue-review": (
        "trade.catalogue write_review",
        ["review", "review_day", "edition", "review_hours", "submitter", "review_out", "force"],
    ),
    "trade-measures": (
        "trade.measures write_measures",
        ["notifications", "on", "edition", "submitter", "trade_out", "force"],
    ),
    "fetch": (
        "fetch.fetching fetch_source",
        ["fetch_name", "fetch_since", "until", "online", "fetch_out", "force", "fetch_register"],
    ),
    "trace": (
        "traceability.trace trace_lots",
        ["events", "lots", "answers", "asked_at", "asked_until", "trace_out", "force"],
    ),
}
"""Commands that make files of a table: module and function, options."""
