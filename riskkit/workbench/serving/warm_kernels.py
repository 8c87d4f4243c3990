"""Kernels for served pages from a warmed process; where there is none, they start as Jupyter starts them."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, cast

from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

import riskkit
from riskkit.workbench.runs.kernels import warmed
from riskkit.workbench.runs.kernels.page_fork import MODULES, READY

NAME = "riskkit-warm"
_LAUNCH = "import sys; from riskkit.workbench.runs.kernels import page_fork; "
_PATIENCE = 30.0  # s to wait for an answer; a machine that is busy imports slowly
_MOST_STARTS = 5  # where it ends again and again, it is left alone
_PACKAGE = Path(riskkit.__file__).parent
_log = logging.getLogger("riskkit.access")


def can_fork() -> bool:
    """Whether kernels can be forked here: elsewhere system libraries do not bear it, or there is no fork."""
    return warmed.can_fork() and hasattr(os, "pidfd_open")


class ForkedKernel:
    """A kernel that is no child of this process, as Jupyter looks at one that is."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, handle: int) -> None:
        self.pid, self.handle = pid, handle

    def poll(self) -> int | None:
        """None while it lives, then 0: how it ended only the warmed process knows."""
        if self.handle < 0:
            return 0
        over = select.poll()
        over.register(self.handle, select.POLLIN)
        return 0 if over.poll(0) else None

    def wait(self) -> int:
        """Wait for its end, and let it go."""
        if self.handle >= 0:
            over = select.poll()
            over.register(self.handle, select.POLLIN)
            over.poll()
            os.close(self.handle)
            self.handle = -1
        return 0

    def send_signal(self, number: int) -> None:
        """Send it a signal, and no other process that has its number by now."""
        if self.poll() is None:
            signal.pidfd_send_signal(self.handle, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def __del__(self) -> None:
        if self.handle >= 0:
            os.close(self.handle)


def newest_source(folder: Path) -> int:
    """When a module below a folder was last changed, in ns."""
    newest = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                newest = max(newest, entry.stat().st_mtime_ns)
            elif entry.is_dir(follow_symlinks=False) and entry.name != "__pycache__":
                newest = max(newest, newest_source(Path(entry.path)))
    return newest


class WarmProcess:
    """The process that has imported everything; started again when it has ended."""

    def __init__(self, modules: Sequence[str] = MODULES, *, patience: float = _PATIENCE) -> None:
        self.modules, self.patience = tuple(modules), patience
        self.process: subprocess.Popen[bytes] | None = None
        self.starts = self.sources = 0
        self._line: socket.socket | None = None
        self._is_stuck = False
        self._one_at_a_time = threading.Lock()

    def start(self) -> None:
        """Start it, and do not wait until it is warm."""
        self.starts += 1
        self.sources = newest_source(_PACKAGE)
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        code = f"{_LAUNCH}page_fork.wait_for_kernels({its.fileno()}, {list(self.modules)!r})"
        ours.settimeout(self.patience)
        self._line = ours
        with its:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", code], stdin=subprocess.DEVNULL, pass_fds=[its.fileno()],
                env={**os.environ, **warmed.ONE_THREAD}, start_new_session=True,
            )  # fmt: skip

    def fork(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: str | Path | None
    ) -> ForkedKernel | None:
        """A new kernel, or None where there is no warmed process that answers."""
        wanted = {
            "arguments": list(arguments),
            "environment": dict(environment),
            "folder": None if folder is None else str(folder),
        }
        with self._one_at_a_time:
            try:
                return self._asked(json.dumps(wanted).encode())
            except TimeoutError as error:  # closing the line would end the kernels that it has
                self._is_stuck, why = True, str(error)
            except (ConnectionError, EOFError) as error:
                self.end()
                why = str(error)
            except (OSError, ValueError) as error:  # no memory, or an environment that is too large
                why = str(error)
        _log.warning("kernel started afresh: %s", why)
        return None

    def _asked(self, wanted: bytes) -> ForkedKernel:
        if self._is_stuck or (self._line is None and self.starts >= _MOST_STARTS):
            raise ValueError("no warmed process")
        if self._line is None:
            self.start()
        if newest_source(_PACKAGE) > self.sources:  # a restart has to show what somebody has just written
            raise ValueError("riskkit has changed since the warmed process imported it")
        line = cast(socket.socket, self._line)
        line.send(wanted)
        answer, handles = READY, list[int]()
        while answer == READY:
            answer, handles, _, _ = socket.recv_fds(line, 1000, 1)
        if not answer:
            raise EOFError("the warmed process has ended")
        if not handles:
            raise OSError(answer.decode("utf-8", "replace"))
        return ForkedKernel(int(answer), handles[0])

    def end(self) -> None:
        """End it, and with it the kernels that came from it; the next one asked for starts another."""
        if self._line is not None:
            self._line.close()
            self._line = None
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class WarmProvisioner(LocalProvisioner):
    """Jupyter's provisioner of kernels on this machine, which asks the warmed process first."""

    async def launch_kernel(self, cmd: list[str], **more: Any) -> Any:
        """Fork a kernel, or start one."""
        warm: WarmProcess | None = getattr(getattr(self.parent, "kernel_spec_manager", None), "warm", None)
        arguments = cmd[cmd.index("-c") + 2 :]
        forked = None
        if warm is not None:
            forked = await asyncio.to_thread(
                warm.fork, arguments, more.get("env", os.environ), more.get("cwd")
            )
        if forked is None:
            return await super().launch_kernel(cmd, **more)
        self.process = cast("subprocess.Popen[bytes]", forked)
        self.pid = self.pgid = forked.pid  # it leads a session and a group of its own
        self.cwd = more.get("cwd", Path.cwd())
        return self.connection_info


def make_known() -> None:
    """Have Jupyter know the provisioner, however riskkit was installed."""
    where = f"{WarmProvisioner.__module__}:{WarmProvisioner.__qualname__}"
    known = KernelProvisionerFactory.instance().provisioners
    known[NAME] = EntryPoint(NAME, where, KernelProvisionerFactory.GROUP_NAME)
