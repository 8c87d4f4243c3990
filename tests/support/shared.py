"""Where further oracles and real records lie, if they are there: ``../shared`` or RISKKIT_SHARED."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
ORACLES = TESTS / "oracles"
SHARED = Path(os.environ.get("RISKKIT_SHARED", ROOT.parent / "shared"))


def own(name: str) -> Any:
    return json.loads((ORACLES / name).read_text(encoding="utf-8"))


def shared(*parts: str) -> Path:
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{'/'.join(parts)} is not here: no shared folder beside the checkout")
    return path
