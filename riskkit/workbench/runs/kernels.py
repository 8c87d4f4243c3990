"""The kernel in which a report runs: this interpreter, a private folder, nothing left behind.

Stock Jupyter looks a kernel up by name in several folders of the user, talks to it over TCP ports that two
starting kernels can both believe to be free, and lets a child of the kernel outlive it. Here the kernel is
started from the running interpreter, talks over sockets in a folder only this user can read, and its whole
session is ended with it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from traitlets import Unicode, default
from traitlets.config import Config

import riskkit

PID_FILE = "kernel.pid"
WORK_FOLDER = "work"
_LONGEST_SOCKET = 90  # a Unix socket's path holds 107 bytes; "-ipc-5" and the file name come on top
_GRACE = 2.0

# Importing rfc3987_syntax compiles 35 grammars: 0.7 s in every process that imports jsonschema, which reaches
# a kernel through plotly and nbformat. None in sys.modules is Python's own way to say "not to be imported";
# jsonschema then leaves out the check of the formats iri and iri-reference, which nothing here uses.
# Measured on two busy cores, median of three: importing plotly.express and nbformat 1.43 s with it, 0.45 s
# without; importing papermill 1.44 s and 0.34 s.
SLOW_IMPORT = "rfc3987_syntax"

_LAUNCH = f"""
import os, sys
sys.modules[{SLOW_IMPORT!r}] = None
house, pid_file = sys.argv[1:3]
del sys.argv[1:3]
sys.path[:] = [p for p in sys.path if p]
if house not in sys.path:
    sys.path.insert(0, house)
with open(pid_file, "w") as note:
    note.write(str(os.getpid()))
from ipykernel import kernelapp
kernelapp.launch_new_instance()
"""

# One thread per kernel and a fixed hash seed: the same bytes from the same inputs, and no fight for cores.
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}


def keep_out_slow_import() -> None:
    """Spare this process the 0.7 s of a module that only checks two formats nobody here uses.

    For the top of a program of ours, before Jupyter is imported; it does nothing where the module is loaded.

    Examples
    --------
    >>> keep_out_slow_import()
    >>> "rfc3987_syntax" in sys.modules
    True
    """
    sys.modules.setdefault(SLOW_IMPORT, None)  # type: ignore[arg-type]


class _ThisInterpreter(KernelSpecManager):
    """Knows one kernel: the interpreter that is running."""

    folder = Unicode()

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        house = str(Path(riskkit.__file__).resolve().parent.parent)
        note = str(Path(self.folder) / PID_FILE)
        return KernelSpec(
            argv=[sys.executable, "-c", _LAUNCH, house, note, "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
            env=dict(_ENVIRONMENT),
        )


class ReportKernelManager(AsyncKernelManager):
    """Starts the kernel of one report with its sockets in `folder`."""

    folder = Unicode(help="A private folder with a short absolute path.").tag(config=True)

    @default("kernel_spec_manager")
    def _only_this_interpreter(self) -> KernelSpecManager:
        return _ThisInterpreter(folder=self.folder)

    @default("transport")
    def _sockets_where_they_fit(self) -> str:
        return "ipc" if len(os.fsencode(self.folder)) <= _LONGEST_SOCKET else "tcp"

    @default("connection_file")
    def _in_the_folder(self) -> str:
        return str(Path(self.folder) / "k.json")


def kernel_options(folder: Path) -> dict[str, Any]:
    """What the execution engine needs to know to start the kernel in `folder`.

    Examples
    --------
    >>> kernel_options(Path("/tmp/x"))["resources"]
    {'metadata': {'path': '/tmp/x/work'}}
    """
    return {
        "kernel_manager_class": ReportKernelManager,
        "config": Config({"ReportKernelManager": {"folder": str(folder)}}),
        "resources": {"metadata": {"path": str(folder / WORK_FOLDER)}},
        "shutdown_kernel": "immediate",
        "iopub_timeout": 60,
    }


def end_kernel(folder: Path) -> None:
    """End the kernel started in `folder` and every process of its session.

    Examples
    --------
    >>> end_kernel(Path("/nonexistent"))
    """
    try:
        session = int((folder / PID_FILE).read_text())
    except (OSError, ValueError):
        return
    members = [one for one in psutil.process_iter() if _session(one.pid) == session]
    end_processes(members)


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def end_tree(pid: int) -> None:
    """End a process with all that came out of it, however it regrouped itself.

    It is stopped first, so that nothing new is started while its children are counted.

    Examples
    --------
    >>> end_tree(2**22 + 1)
    """
    try:
        root = psutil.Process(pid)
        root.suspend()
        members = [root, *root.children(recursive=True)]
    except psutil.Error:
        return
    sessions = {_session(one.pid) for one in members} - {os.getsid(0), None}
    members += [one for one in psutil.process_iter() if _session(one.pid) in sessions]
    end_processes(members)


def end_processes(members: list[psutil.Process]) -> None:
    """Kill these processes and wait shortly until they are gone; never this one.

    Examples
    --------
    >>> end_processes([])
    """
    for one in members:
        if one.pid != os.getpid():
            _signal(one.pid, signal.SIGKILL)
    until = time.monotonic() + _GRACE
    while time.monotonic() < until and any(_lives(one) for one in members if one.pid != os.getpid()):
        time.sleep(0.01)


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
