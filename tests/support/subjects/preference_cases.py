"""Cases with answers from elsewhere: worked examples in oracles/, and more where the shared folder is at hand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from shared import SHARED, own


def published(name: str) -> dict[str, Any]:
    """A worked example from the literature."""
    return dict(own(f"preferences_{name}.json"))


def peer_cases(folder: str, prefix: str = "") -> list[Any]:
    """All shared cases of a folder as test parameters; one skipped parameter where there are none."""
    files = sorted((SHARED / "oracles" / folder).glob(f"{prefix}*.json"))
    if not files:
        reason = f"oracles/{folder} is not here: no shared folder beside the checkout"
        return [pytest.param({}, marks=pytest.mark.skip(reason=reason))]
    return [pytest.param(json.loads(file.read_text(encoding="utf-8")), id=file.stem) for file in files]
