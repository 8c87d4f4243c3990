"""One browser for the tests of a file that asks for it: each page in it is of a visitor whom it does not know."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chromium import MISSING, chromium
from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser | None]:
    """Open until the file is done: while it is, no other loop of asyncio, as reports have, runs in this thread."""
    if MISSING:  # what needs it skips and says so
        yield None
        return
    with chromium() as opened:
        yield opened
