"""Cases with answers from elsewhere: those shipped in oracles/, and more where a shared set is at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

_HERE = Path(__file__).resolve().parent
_SHARED = Path(os.environ.get("RISKKIT_SHARED", _HERE.parents[1] / "shared")) / "oracles"


def published(name: str) -> dict[str, Any]:
    """A worked example from the literature."""
    return json.loads((_HERE / "oracles" / f"preferences_{name}.json").read_text(encoding="utf-8"))


def shared(folder: str, prefix: str = "") -> list[Any]:
    """All shared cases of a folder as test parameters; one skipped parameter where there are none."""
    files = sorted((_SHARED / folder).glob(f"{prefix}*.json"))
    if not files:
        reason = f"no shared oracles {folder} on this machine"
        return [pytest.param({}, marks=pytest.mark.skip(reason=reason))]
    return [pytest.param(json.loads(file.read_text(encoding="utf-8")), id=file.stem) for file in files]
