"""The kernel of one report in a process forked from the warmed one: ipykernel as it is, over two pipes.

Shell, display hook, streams, comms and message formats are ipykernel's own, so that a report holds the same
outputs as with a kernel that was started afresh. In the place of its sockets and their threads stand pipes.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import random
import struct
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import zmq
from ipykernel.iostream import IOPubThread
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from jupyter_client.session import Session
from traitlets import Any as AnyValue
from traitlets import Type
from traitlets.config import Config

import riskkit
from riskkit.workbench.runs.kernels import processes

SHELL, IOPUB = b"s", b"i"
_STREAM = "riskkit.workbench.runs.kernels.paced_stream.PacedStream"
_CONFIG = Config({"HistoryManager": {"enabled": False}})  # cells of a report are not what a person typed
HEAD = struct.Struct("!cI")
SIZE = struct.Struct("!Q")


def packed(channel: bytes, frames: Sequence[bytes]) -> bytes:
    """The head of a message on a pipe: its channel, and the size of each of its frames."""
    return HEAD.pack(channel, len(frames)) + b"".join(SIZE.pack(len(one)) for one in frames)


def write_message(pipe: int, channel: bytes, frames: Sequence[Any]) -> None:
    """Write a whole message, waiting for the reader where it has to."""
    parts = [bytes(getattr(one, "buffer", one)) for one in frames]
    for part in (packed(channel, parts), *parts):
        view = memoryview(part)
        while view:
            view = view[os.write(pipe, view) :]


def _read_exactly(pipe: int, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        piece = os.read(pipe, min(size - len(found), 1 << 20))
        if not piece:
            raise EOFError
        found += piece
    return bytes(found)


def _read_message(pipe: int) -> list[Any]:
    _, n_frames = HEAD.unpack(_read_exactly(pipe, HEAD.size))
    sizes = [SIZE.unpack(_read_exactly(pipe, SIZE.size))[0] for _ in range(n_frames)]
    return [zmq.Frame(_read_exactly(pipe, size)) for size in sizes]


class _Wire:
    """Stands where ipykernel has a socket; one message at a time, whichever thread or child writes it."""

    def __init__(self, pipe: int, channel: bytes, turn: Any) -> None:
        self.pipe, self.channel, self.turn = pipe, channel, turn
        self.heard: Callable[..., Any] = lambda frames: None

    def send_multipart(self, frames: Sequence[Any], *_: object, **__: object) -> None:
        with self.turn:
            write_message(self.pipe, self.channel, frames)

    def flush(self, *_: object) -> None: ...

    def on_recv(self, heard: Callable[..., Any], **_: object) -> None:
        self.heard = heard


class _Turn:
    """A lock between the threads of the kernel and the processes that a cell forks."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115  open as long as the kernel
        self._renew()
        os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self.lock = threading.RLock()

    def __enter__(self) -> None:
        self.lock.acquire()
        fcntl.lockf(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        fcntl.lockf(self.file, fcntl.LOCK_UN)
        self.lock.release()


class _NoThread(IOPubThread):
    """What streams expect of the thread that sends for them: here they send themselves."""

    thread = None  # type: ignore[assignment]

    def __init__(self, wire: _Wire) -> None:
        self.socket, self.background_socket, self.io_loop = wire, wire, self  # type: ignore[assignment]

    def schedule(self, f: Callable[[], Any]) -> None:
        """Now."""
        f()

    def send_multipart(self, *args: Any, **kwargs: Any) -> None:
        """Send a message."""
        self.socket.send_multipart(*args, **kwargs)

    def call_later(self, delay: float, call: Callable[[], Any]) -> None:
        """So that what a cell printed is seen if it never ends."""
        timer = threading.Timer(delay, call)
        timer.daemon = True
        timer.start()


class _NoShellThread:
    """ipykernel asks for the thread that started the one that hears requests; nothing else of it is here."""

    parent_thread = threading.main_thread()

    def __bool__(self) -> bool:
        return False


class _Kernel(IPythonKernel):
    shell_stream = AnyValue()
    _supports_kernel_subshells = False
    _execute_sleep = 0.0  # for the thread that sends outputs, which is not here


class _App(IPKernelApp):
    """ipykernel's start of a kernel without sockets, heartbeat and connection file."""

    kernel_class = Type(_Kernel, klass="ipykernel.kernelbase.Kernel")  # type: ignore[assignment]
    wires: tuple[_Wire, _Wire]
    key: bytes

    def init_connection_file(self) -> None: ...
    def init_poller(self) -> None: ...
    def init_heartbeat(self) -> None: ...
    def write_connection_file(self, **_: object) -> None: ...
    def log_connection_info(self) -> None: ...

    def init_sockets(self) -> None:
        """The pipes, where there are sockets otherwise."""
        self.session = Session(parent=self, key=self.key)
        self.configure_tornado_logger()  # type: ignore[no-untyped-call]
        self.iopub_socket, self.iopub_thread = self.wires[1], _NoThread(self.wires[1])

    def init_kernel(self) -> None:
        """The kernel, which has no thread beside the one that executes."""
        self.kernel = _Kernel.instance(
            parent=self, session=self.session, shell_stream=self.wires[0],
            shell_channel_thread=_NoShellThread(), log=self.log,
            iopub_thread=self.iopub_thread, iopub_socket=self.iopub_socket,
            profile_dir=self.profile_dir, user_ns=self.user_ns,
        )  # fmt: skip
        self.displayhook.get_execution_count = lambda: self.kernel.execution_count


@dataclass(frozen=True)
class Place:
    """Where a kernel lives: the folder of its run, the one in which it stands, and its environment."""

    folder: str
    work: str
    variables: Mapping[str, str]
    key: bytes


def live_alone(requests: Connection, messages: Connection, place: Place) -> None:
    """The same in a process of its own below the warmed one."""
    live(requests.fileno(), messages.fileno(), place)
    os._exit(0)


def live(requests: int, messages: int, place: Place) -> None:
    """The life of the process: alone, in its folder, until nobody asks any more."""
    os.setsid()
    processes.end_with_parent(9)
    processes.adopt_orphans()
    os.environ.clear()
    os.environ.update({**place.variables, processes.MARK: place.folder})
    processes.mark(place.folder)
    os.chdir(place.work)
    sys.argv[:] = [""]
    sys.path[:] = _own_path()
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    asyncio.run(_serve(requests, messages, place.key))


def _own_path() -> list[str]:
    """Where a Python of its own would look for modules: not where the program looks that asks for reports."""
    house = str(Path(riskkit.__file__).resolve().parent.parent)
    given = [house, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    of_python = (sys.prefix + os.sep, sys.base_prefix + os.sep)
    found = [one for one in sys.path if one in given or one.startswith(of_python)]
    found = [one for place, one in enumerate(found) if one not in found[place + 1 :]]
    return found if house in found else [house, *found]


async def _serve(requests: int, messages: int, key: bytes) -> None:
    turn = _Turn()
    _App.key = key
    _App.wires = (_Wire(messages, SHELL, turn), _Wire(messages, IOPUB, turn))
    app = _App.instance(outstream_class=_STREAM, log_level=logging.ERROR, config=_CONFIG)
    app.initialize([])  # type: ignore[no-untyped-call]
    app.kernel.start()
    loop, tasks = asyncio.get_running_loop(), set[asyncio.Task[Any]]()
    over = loop.create_future()

    def hear() -> None:
        try:
            task = loop.create_task(app.wires[0].heard(_read_message(requests)))
        except EOFError:
            loop.remove_reader(requests)
            over.set_result(None)
            return
        tasks.add(task)  # the loop itself does not hold it
        task.add_done_callback(tasks.discard)

    loop.add_reader(requests, hear)
    await over
