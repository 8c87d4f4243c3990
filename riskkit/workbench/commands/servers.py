"""The commands that serve pages on this machine: ``dashboard`` and ``lab``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from riskkit.foundation.language import language
from riskkit.workbench.commands.defining import Together, command, option, wants_json
from riskkit.workbench.commands.options import (
    NO_BROWSER,
    Address,
    Number,
    file_option,
    folder_option,
    option_shown,
    port_option,
)


@dataclass(frozen=True)
class Pages:
    """How many pages may be open, and how long a closed one is kept."""

    most: int | None
    most_each: int | None
    closed_seconds: float | None


_PAGES = Together("pages", Pages, (
    option("pages", "--pages", "most", type=click.IntRange(1, 1000)),
    option("pages_each", "--pages-each", "most_each", type=click.IntRange(1, 1000)),
    option("closed_after", "--closed-after", "closed_seconds", type=Number(1, 86_400)),
))  # fmt: skip


@command(
    port_option(8866),
    option_shown("host", "--host", type=Address(), default="127.0.0.1"),
    NO_BROWSER,
    file_option("people", "--access", "people"),
    _PAGES,
    option("proxy", "--proxy", "proxies", type=Address(), multiple=True, metavar="ADDRESS"),
    folder_option("intake", "--intake"),
    folder_option("intake_accepted", "--register", default=Path("register"), show_default=True),
)
def dashboard(
    *, port: int, host: str, no_browser: bool, people: Path | None, pages: Pages, proxies: tuple[str, ...],
    intake: Path | None, register: Path,
) -> int:  # fmt: skip
    """Serve the dashboards until somebody stops it."""
    from riskkit.workbench.serving.limits import serving_limits
    from riskkit.workbench.serving.serve import serve_dashboard

    wanted = (pages.most, pages.most_each, pages.closed_seconds)
    limits = serving_limits(*wanted, proxies=proxies, intake=intake, register=register)
    serve_dashboard(
        port=port, lang=language(), host=host, limits=limits, open_browser=not no_browser,
        as_json=wants_json(), people=people,
    )  # fmt: skip
    return 0


@command(
    folder_option("lab_out", "--out", "out", default=Path("riskkit-lab"), show_default=True),
    port_option(8888),
    NO_BROWSER,
)
def lab(*, out: Path, port: int, no_browser: bool) -> int:
    """Serve a working copy of the notebooks until somebody stops it."""
    from riskkit.workbench.serving.serve import serve_lab
    from riskkit.workbench.serving.working_copy import working_copy

    notebooks = working_copy(out)
    serve_lab(
        port=port, lang=language(), notebooks=notebooks, open_browser=not no_browser, as_json=wants_json()
    )
    return 0
