"""What a notebook shows of a value: one line of text, or a small escaped table."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any


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


class ShownInNotebooks:
    """A frozen dataclass that shows itself: one short line, and in a notebook its numbers and tables.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> import pandas as pd
    >>> @dataclass(frozen=True, repr=False)
    ... class Found(ShownInNotebooks):
    ...     rate: float
    ...     rows: pd.DataFrame
    >>> Found(0.5, pd.DataFrame({"n": [1, 2]}))
    Found(rate=0.5, rows=<2 × 1>)
    """

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={_short(value)}" for name, value in vars(self).items())
        return f"{type(self).__name__}({shown})"

    def _repr_html_(self) -> str:
        tables = {
            name: table for name, value in vars(self).items() if (table := _as_table(value)) is not None
        }
        plain = {name: _short(value) for name, value in vars(self).items() if name not in tables}
        pages = [html_card(type(self).__name__, plain)]
        for name, table in tables.items():
            pages += [f"<p>{html.escape(name)}</p>", table.to_html(max_rows=_MOST_ROWS, border=0)]
        return "".join(pages)


_MOST_ROWS = 12
_LONGEST = 60  # letters of a value in a line


def _short(value: Any) -> str:
    shape = getattr(value, "shape", None)
    if shape:
        return f"<{' × '.join(map(str, shape))}>"
    if isinstance(value, tuple | list | dict) and len(value) > 1:
        return f"<{len(value)}>"
    if isinstance(value, float):
        return f"{value:.6g}"
    said = repr(value)
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"


def _as_table(value: Any) -> Any:
    """A frame, a series, or a tuple of records as a frame; None for anything else."""
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        return value
    if isinstance(value, pd.Series):
        return value.to_frame("value" if value.name is None else str(value.name))
    if isinstance(value, tuple) and value and all(is_dataclass(one) for one in value):
        return pd.DataFrame([{name: _short(each) for name, each in vars(one).items()} for one in value])
    return None
