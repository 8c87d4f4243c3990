"""Where papermill finds the engine ``riskkit``, which imports papermill itself and so cannot stand here."""

from __future__ import annotations

from typing import Any


class _LateEngine:
    """The engine, imported when papermill first asks it something."""

    def __getattr__(self, name: str) -> Any:
        from riskkit.workbench.runs.kernels.engine import ForkEngine

        return getattr(ForkEngine, name)


ENGINE = _LateEngine()
