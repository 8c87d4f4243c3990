"""The warmed process and the kernels forked from it: a page need not import anything.

The warmed process imports what pages need, holds no thread and runs no notebook. It answers one line to the
server, and ends with it. A kernel is ipykernel as it is, in a process of its own: session, environment,
folder, seeds and sockets are those that a kernel started afresh would have. It ends with the warmed process.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from riskkit.workbench.runs.kernels import processes, warmed
from riskkit.workbench.runs.kernels.slow_import import keep_out_slow_import

REHEARSAL = "riskkit.workbench.boards.rehearsal"
MODULES = (
    "ipykernel.kernelapp",
    "IPython.core.completer",
    "anywidget",
    "plotly.graph_objects",
    "plotly.io",
    "riskkit.workbench.document.html",
    "riskkit.workbench.boards",
    REHEARSAL,
)
"""What the pages of dashboards need; of a package, all that is in it."""
READY = b"ready"
_LARGEST = 1 << 20


def wait_for_kernels(handle: int, modules: Sequence[str] = MODULES) -> None:
    """The life of the warmed process: import, then fork a kernel for each line, until the server has gone."""
    keep_out_slow_import()  # before plotly asks for it
    with socket.socket(fileno=handle) as line:
        for name in modules:
            _import(name)
        line.send(READY)  # who waits for a kernel is told that it comes: the rehearsal takes its time
        if rehearsal := sys.modules.get(REHEARSAL):
            rehearsal.rehearse()
        if warmed.n_threads() > 1:  # it would be missing in what is forked
            raise RuntimeError("a thread runs in the process from which kernels are forked")
        gc.collect()
        gc.freeze()  # a collection in a kernel would copy every page that it marks
        signal.signal(signal.SIGCHLD, _let_go)
        with contextlib.suppress(ConnectionError):  # a server that never asked has not read that it is ready
            while asked := line.recv(_LARGEST):
                _answer(line, json.loads(asked))
    os._exit(0)  # what the imported packages would do and say at their end is of no use here


def _import(name: str) -> None:
    found = importlib.import_module(name)
    if name.startswith("riskkit."):
        for inner in pkgutil.walk_packages(getattr(found, "__path__", ()), f"{name}."):
            importlib.import_module(inner.name)


def _let_go(*_: object) -> None:
    """Keep no trace of kernels that ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _answer(line: socket.socket, wanted: Mapping[str, Any]) -> None:
    """The number of the new process, and a handle that stays its own when the number is used again."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})  # until the handle is open
    try:
        pid = os.fork()
        if not pid:
            line.close()
            _live(**wanted)
        handle = os.pidfd_open(pid)
        socket.send_fds(line, [str(pid).encode()], [handle])
        os.close(handle)
    except OSError as error:  # no memory, or too many processes: the server starts a kernel afresh
        line.send(f"0 {error}".encode())
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})


def _live(arguments: list[str], environment: Mapping[str, str], folder: str | None) -> NoReturn:
    """The life of a kernel; nothing of it returns into the life of the warmed process."""
    code = 1
    try:
        os.setsid()
        processes.end_with_parent(signal.SIGKILL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()
        if folder:
            os.chdir(folder)
        _run(arguments)
        code = 0
    except SystemExit as over:
        code = over.code if isinstance(over.code, int) else int(over.code is not None)
    except BaseException:  # noqa: BLE001  whatever it is, it is shown, and this process ends here
        sys.excepthook(*sys.exc_info())
    finally:
        with contextlib.suppress(BaseException):
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _run(arguments: list[str]) -> None:
    from ipykernel.kernelapp import IPKernelApp

    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()
    sys.argv[:] = ["ipykernel_launcher", *arguments]
    app = IPKernelApp.instance(parent_handle=os.getppid())  # else it takes itself for started by hand
    app.initialize(arguments)
    if widgets := sys.modules.get("ipywidgets"):  # at its import there was no kernel to tell about widgets
        widgets.register_comm_target()
    if plots := sys.modules.get("plotly.io"):  # nor one to show figures in
        plots.renderers.default = os.environ.get("PLOTLY_RENDERER") or "plotly_mimetype+notebook"
    app.start()
