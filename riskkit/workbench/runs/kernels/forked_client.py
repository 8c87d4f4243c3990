"""The side of a forked kernel that asks: what nbclient expects of a kernel's manager and of its client."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import Empty
from typing import Any

from jupyter_client.client import KernelClient
from jupyter_client.session import Session

from riskkit.workbench.runs.kernels import forked_kernel, warmed
from riskkit.workbench.runs.kernels.forked_kernel import HEAD, IOPUB, SHELL, SIZE
from riskkit.workbench.runs.kernels.limits import Guard


class ForkedKernel:
    """The process of one report: forked from this one if that is warmed itself, else from the warmed one."""

    has_kernel = True

    def __init__(self, guard: Guard, work: str) -> None:
        self.guard = guard
        requests, self.requests = os.pipe()
        self.messages, messages = os.pipe()
        self.child: BaseProcess | None = None
        variables = {**os.environ, **warmed.ENVIRONMENT}
        self.session = Session()
        how = forked_kernel.Place(str(guard.folder), work, variables, self.session.key)
        if warmed.is_warmed():
            self.pid = _fork(requests, messages, how, ours=(self.requests, self.messages))
        else:
            ends = Connection(os.dup(requests), writable=False), Connection(os.dup(messages), readable=False)
            self.child = warmed.warmed().Process(target=forked_kernel.live_alone, args=(*ends, how))
            self.child.start()
            self.pid = self.child.pid or 0
        os.close(requests)
        os.close(messages)
        self._is_over = False
        guard.kernel = lambda: self.pid
        guard.start()

    def client(self, **_: object) -> ForkedClient:
        """What talks to it."""
        return ForkedClient(kernel=self, session=self.session)

    def is_alive(self) -> bool:
        """Whether the process lives."""
        if self.child is not None:
            return self.child.is_alive()
        if not self._is_over:
            self._is_over = os.waitpid(self.pid, os.WNOHANG)[0] == self.pid
        return not self._is_over

    def shutdown_kernel(self, **_: object) -> None:
        """End it with all that it started."""
        self.guard.end()

    def cleanup_resources(self) -> None:
        """Let go of what it was talked to by."""
        for pipe in (self.requests, self.messages):
            os.close(pipe)
        if self.child is not None:
            self.child.join()


def _fork(requests: int, messages: int, how: forked_kernel.Place, *, ours: tuple[int, int]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        for pipe in ours:
            os.close(pipe)
        forked_kernel.live(requests, messages, how)
    finally:
        os._exit(0)


class ForkedClient(KernelClient):
    """Asks over one pipe, and hears over another no more than the limits allow."""

    def __init__(self, *, kernel: ForkedKernel, session: Session) -> None:
        super().__init__(session=session)
        self.kernel = kernel
        self.shell, self.iopub = _Channel(self.ask), _Channel(self.ask)

    async def start_channels(self, **_: object) -> None:  # type: ignore[override]
        """Begin to hear."""
        reader = asyncio.StreamReader(limit=1 << 20)
        pipe = os.fdopen(os.dup(self.kernel.messages), "rb", buffering=0)
        loop = asyncio.get_running_loop()
        transport, _protocol = await loop.connect_read_pipe(
            partial(asyncio.StreamReaderProtocol, reader), pipe
        )
        self.hearing = loop.create_task(self._hear(reader, transport))

    async def stop_channels(self) -> None:  # type: ignore[override]
        """Hear no more."""
        self.hearing.cancel()
        await asyncio.wait([self.hearing])
        await asyncio.sleep(0.01)  # for what nbclient has cancelled to end

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """It is ready as soon as it reads what it is asked."""

    async def is_alive(self) -> bool:
        """Whether the kernel lives."""
        return self.kernel.is_alive()

    @property
    def shell_channel(self) -> Any:
        """The channel of requests and replies."""
        return self.shell

    @property
    def iopub_channel(self) -> Any:
        """The channel of what cells print and show."""
        return self.iopub

    def ask(self, message: Mapping[str, Any]) -> None:
        """Send a request."""
        try:
            forked_kernel.write_message(self.kernel.requests, SHELL, self.session.serialize(dict(message)))
        except BrokenPipeError:
            return  # found dead by who asks whether it lives

    async def _hear(self, reader: asyncio.StreamReader, transport: asyncio.BaseTransport) -> None:
        try:
            while True:
                channel, n_frames = HEAD.unpack(await reader.readexactly(HEAD.size))
                sizes = [SIZE.unpack(await reader.readexactly(SIZE.size))[0] for _ in range(n_frames)]
                if channel == IOPUB and not self.kernel.guard.takes(sum(sizes)):
                    await _pass_over(reader, sum(sizes))
                    continue
                self._take(channel, [await reader.readexactly(size) for size in sizes])
        except asyncio.IncompleteReadError:
            return
        finally:
            transport.close()

    def _take(self, channel: bytes, frames: list[bytes]) -> None:
        _, parts = self.session.feed_identities(frames)
        message = self.session.deserialize(parts)
        if message["msg_type"] == "execute_input":
            self.kernel.guard.next_cell()
        (self.iopub if channel == IOPUB else self.shell).heard.put_nowait(message)


async def _pass_over(reader: asyncio.StreamReader, size: int) -> None:
    while size > 0:
        piece = await reader.read(min(size, 1 << 20))
        if not piece:
            return
        size -= len(piece)


class _Channel:
    def __init__(self, ask: Any) -> None:
        self.send, self.heard = ask, asyncio.Queue[dict[str, Any]]()

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        """The next message, or Empty after so many seconds."""
        try:
            return await asyncio.wait_for(self.heard.get(), timeout)
        except TimeoutError:
            raise Empty from None
