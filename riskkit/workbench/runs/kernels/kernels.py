"""The kernel in which a report runs: this interpreter, a private folder, nothing left behind.

Stock Jupyter looks a kernel up by name in several folders of the user, talks to it over TCP ports that two
starting kernels can both believe to be free, and lets a child of the kernel outlive it. Here the kernel is
started from the running interpreter, talks over sockets in a folder only this user can read, and its whole
session is ended with it.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import Any, cast

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from traitlets import Type, Unicode, default
from traitlets.config import Config

import riskkit
from riskkit.workbench.runs.kernels import processes, warmed
from riskkit.workbench.runs.kernels.limits import Guard
from riskkit.workbench.runs.kernels.slow_import import SLOW_IMPORT

PID_FILE = "kernel.pid"
WORK_FOLDER = "work"
_LONGEST_SOCKET = 90  # a Unix socket's path holds 107 bytes; "-ipc-5" and the file name come on top

_LAUNCH = f"""
import os, sys
sys.modules[{SLOW_IMPORT!r}] = None
house, pid_file = sys.argv[1:3]
del sys.argv[1:3]
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)  # it ends with its parent, and
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # what its children leave behind stays below it
    del ctypes
sys.path[:] = [p for p in sys.path if p]
if house not in sys.path:
    sys.path.insert(0, house)
with open(pid_file, "w") as note:
    note.write(str(os.getpid()))
from ipykernel import kernelapp
kernelapp.launch_new_instance(outstream_class="riskkit.workbench.runs.kernels.paced_stream.PacedStream")
"""


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
            env=warmed.ENVIRONMENT | {processes.MARK: self.folder},
        )


class _MeteredChannel(AsyncZMQSocketChannel):
    """Counts what arrives from the kernel before it is read, and takes nothing more past a limit."""

    guard: Guard

    async def _recv(self, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        while True:
            parts = await self.socket.recv_multipart(**kwargs)
            if not self.guard.takes(sum(map(len, parts))):
                continue
            _, message = self.session.feed_identities(parts)
            found: dict[str, Any] = self.session.deserialize(message)
            if found["header"]["msg_type"] == "execute_input":
                self.guard.next_cell()
            return found


class ReportKernelClient(AsyncKernelClient):
    """Hears of one kernel no more than its limits allow."""

    iopub_channel_class = Type(_MeteredChannel)

    @property
    def iopub_channel(self) -> Any:
        """The channel on which a kernel says what cells print and show."""
        channel = super().iopub_channel
        channel.guard = cast("ReportKernelManager", self.parent).guard
        return channel


class ReportKernelManager(AsyncKernelManager):
    """Starts the kernel of one report with its sockets in `folder`."""

    folder = Unicode(help="A private folder with a short absolute path.").tag(config=True)
    client_factory = Type(ReportKernelClient)
    guard: Guard

    @default("kernel_spec_manager")
    def _only_this_interpreter(self) -> KernelSpecManager:
        return _ThisInterpreter(folder=self.folder)

    @default("transport")
    def _sockets_where_they_fit(self) -> str:
        return "ipc" if len(os.fsencode(self.folder)) <= _LONGEST_SOCKET else "tcp"

    @default("connection_file")
    def _in_the_folder(self) -> str:
        return str(Path(self.folder) / "k.json")


def kernel_options(folder: Path, guard: Guard) -> dict[str, Any]:
    """What papermill's stock engine needs to know to start the kernel in `folder`, watched by `guard`."""
    guard.kernel = partial(kernel_pid, folder)
    guard.start()
    return {
        "kernel_manager_class": type("RunKernelManager", (ReportKernelManager,), {"guard": guard}),
        "config": Config({"ReportKernelManager": {"folder": str(folder)}}),
        "resources": {"metadata": {"path": str(folder / WORK_FOLDER)}},
        "shutdown_kernel": "immediate",
        "iopub_timeout": 60,
    }


def kernel_pid(folder: Path) -> int | None:
    """The process of the kernel started in `folder`, once it is known."""
    try:
        return int((folder / PID_FILE).read_text())
    except (OSError, ValueError):
        return None
