"""The panels of the dashboards: what a notebook calls, in one line each, to show them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskkit.words.catalogue import panel_text as say
from riskkit.workbench.document.blocks import Items, Section

if TYPE_CHECKING:
    import ipywidgets


def overview(cases: list[str], **options: Any) -> ipywidgets.Widget:
    """Every case at a glance: see `riskkit.workbench.boards.overview.panel.overview`."""
    from riskkit.workbench.boards.overview import panel as overview_panel

    return overview_panel.overview(cases, **options)


def what_if(case: str | Path, *, interactive: bool = True, **options: Any) -> ipywidgets.Widget | None:
    """Move the inputs of a case: see `riskkit.workbench.boards.what_if.panel.what_if`."""
    if not interactive:
        return None
    from riskkit.workbench.boards.what_if import panel as what_if_panel

    return what_if_panel.what_if(case, **options)


def register_board(register: str = "", *, interactive: bool = True) -> ipywidgets.Widget | None:
    """Look through a register: see `riskkit.workbench.boards.register.panel.register_board`."""
    if not interactive:
        return None
    from riskkit.workbench.boards.register import panel as register_panel

    return register_panel.register_board(register)


def signal_board(
    reports: str = "signal_reports", *, folder: str = "", interactive: bool = True
) -> ipywidgets.Widget | None:
    """The signals of the week: see `riskkit.workbench.boards.signal_panel.signal_board`."""
    if not interactive:
        return None
    from riskkit.workbench.boards import signal_panel

    return signal_panel.signal_board(reports, folder=folder)


def warning_board(ledger: str = "", *, interactive: bool = True) -> ipywidgets.Widget | None:
    """The warnings of a ledger: see `riskkit.workbench.boards.warning_panel.warning_board`."""
    if not interactive:
        return None
    from riskkit.workbench.boards import warning_panel

    return warning_panel.warning_board(ledger)


def response_board(ledger: str = "", *, interactive: bool = True) -> ipywidgets.Widget | None:
    """The lives of the response: see `riskkit.workbench.boards.response_panel.response_board`."""
    if not interactive:
        return None
    from riskkit.workbench.boards import response_panel

    return response_panel.response_board(ledger)


def committee_ballot(
    session: str = "", *, who: str = "", interactive: bool = True
) -> ipywidgets.Widget | None:
    """An expert's ballot: see `riskkit.workbench.boards.ballot_panel.ballot_panel`."""
    if not interactive:
        return None
    from riskkit.workbench.boards import ballot_panel

    return ballot_panel.ballot_panel(session, who=who)


def committee_session(
    session: str = "", *, who: str = "", interactive: bool = True
) -> ipywidgets.Widget | None:
    """The committee's room: see `riskkit.workbench.boards.committee_panels.session_panel`."""
    if not interactive:
        return None
    from riskkit.workbench.boards import committee_panels

    return committee_panels.session_panel(session, who=who)


def how_to_read(panel: str) -> Section:
    """How to read a panel, and where its limits are."""
    keys = [key for key in say if key.startswith(f"read_{panel}_")]
    return Section(f"read-{panel}", say("read"), 2, (Items(tuple(say(key) for key in keys)),))
