"""A process that reads a file into a register when it is told to, and may be stopped on the way.

    python register_writer.py FOLDER FILE [stop-at N | file-size BYTES | compact | memory]

It says "ready", waits for a line, works, and says what came of it as one JSON object. With ``stop-at N`` it
kills itself right before its N-th call of fsync or rename.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import own_memory
import registers

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.store.register.compaction import compact


def stop_at(number: int) -> None:
    calls = 0

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*given, **named)

        return call

    for name in ("fsync", "rename", "replace"):
        setattr(os, name, counted(getattr(os, name)))


def main(folder: Path, file: Path, how: str = "", value: str = "0") -> dict[str, Any]:
    if how == "stop-at":
        stop_at(int(value))
    if how == "file-size":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(value), resource.RLIM_INFINITY))
    try:
        if how == "compact":
            return {"done": compact(folder)}
        entry, is_new = registers.taken(folder, file, wait=30.0)
        said: dict[str, Any] = {"new": is_new, "read": entry.n_read, "accepted": entry.n_accepted}
    except InputFaults as error:
        said = {"faults": [fault.rule for fault in error.faults]}
    return said | {"peak_mib": own_memory.peak_mib()}


if __name__ == "__main__":
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])) + "\n")
