"""What a notebook shows of a value: one line of text, or a small escaped table."""

from __future__ import annotations

import html
from collections.abc import Mapping


def html_card(title: str, entries: Mapping[str, object]) -> str:
    """A small table with a title; every text is escaped.

    Parameters
    ----------
    title : str
        What it is.
    entries : mapping of str to object
        Name and value by row; None shows as a dash.

    Examples
    --------
    >>> html_card("Case <1>", {"goods": "a & b"})
    '<table><caption>Case &lt;1&gt;</caption><tr><th scope="row">goods</th><td>a &amp; b</td></tr></table>'
    """
    rows = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th>'
        f"<td>{html.escape('–' if value is None else str(value))}</td></tr>"
        for name, value in entries.items()
    )
    return f"<table><caption>{html.escape(title)}</caption>{rows}</table>"
