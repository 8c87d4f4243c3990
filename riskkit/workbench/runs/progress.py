"""Show on stderr how far a batch is and what is running."""

from __future__ import annotations

import sys
from typing import Any

from riskkit.words.catalogue import command_text as say
from riskkit.workbench.runs.alone import is_alone
from riskkit.workbench.runs.plans import RunPlan
from riskkit.workbench.runs.workers.local import Event

_MOST_LINES = 9  # of what is wrong; all of it stands in reason.json


class Progress:
    """A bar with what is running, and a line for each report that ended."""

    def __init__(self, total: int) -> None:
        from tqdm import tqdm

        self.running: dict[str, str] = {}
        is_terminal = sys.stderr.isatty()
        self.bar: Any = tqdm(
            total=total, file=sys.stderr, desc=say("bar"), unit="", dynamic_ncols=is_terminal,
            mininterval=0.1 if is_terminal else 10.0, leave=False,
        )  # fmt: skip

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

    def watch(self, event: Event) -> None:
        """Take note of one event."""
        name = name_of(event.plan)
        if event.result is None:
            self.running[name] = f"{event.cell}/{event.cells}" if event.cells else "…"
        else:
            self.running.pop(name, None)
            self._line(name, event)
            self.bar.update()
        if self.running:
            names = ", ".join(f"{one} {cell}" for one, cell in self.running.items())
            self.bar.set_postfix_str(say("running", names=names), refresh=event.cells == 0)

    def _line(self, name: str, event: Event) -> None:
        assert event.result is not None
        lines = event.result.error.words().splitlines() if event.result.error else [""]
        error = "\n".join([*lines[:_MOST_LINES], *(["  …"] if len(lines) > _MOST_LINES else [])])
        text = say(
            f"line_{event.result.status}", name=name, seconds=f"{event.result.seconds:.1f}", error=error
        )
        self.bar.write(text, file=sys.stderr)


def name_of(plan: RunPlan) -> str:
    """A report's short name."""
    name = plan.notebook.stem if is_alone(plan) else plan.case.case_id
    return f"{name} ({plan.lang})"
