"""A folder in which commands that write files can be tried."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from committees import make_room, whole_session

from riskkit.workbench.runs.folders.made_register import made_register


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a ledger, in it a session, and with a register."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(made_register(), folder / "register")
    room = make_room(folder)
    whole_session(room)
    room.ledger.close()
    return folder
