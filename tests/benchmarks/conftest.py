"""At the end of a run its table is shown and kept."""

from __future__ import annotations

import kept
import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    if kept.found:
        terminalreporter.write_line(kept.finish(is_whole=exitstatus == 0))
