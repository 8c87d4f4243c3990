"""The kernels of served pages: whose they are, how many there may be, and when they end.

`PageKernels` is Jupyter Server's own manager of kernels with a list of places beside it. A page takes a place
before its kernel starts, and holds it until the kernel has ended: some seconds after the last connection was
closed, or at once when the session ended under which the page was opened.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado import web
from tornado.websocket import WebSocketHandler
from traitlets import Float, Integer

from riskkit.workbench.serving.limits import limit

_log = logging.getLogger("riskkit.access")
_SESSION_OVER = 4401  # a close code of our own: the session ended


@dataclass(eq=False)
class Place:
    """What one page takes up."""

    owner: str
    seal: str
    is_open: bool = True
    kernel_id: str = ""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    sockets: set[WebSocketHandler] = field(default_factory=set)
    timer: asyncio.TimerHandle | None = None


PLACE: contextvars.ContextVar[Place] = contextvars.ContextVar("place")
"""Of the page that is being sent; a kernel that is started meanwhile belongs to it."""


class TooManyPages(Exception):
    """There is no place for a further page."""

    def __init__(self, whose: str, most: int) -> None:
        super().__init__(f"{most} pages are open ({whose})")
        self.whose, self.most = whose, most


class PageKernels(AsyncMappingKernelManager):
    """Kernels that belong to somebody, in a limited number of places."""

    most = Integer(0).tag(config=True)
    most_each = Integer(0).tag(config=True)
    closed_seconds = Float(limit("closed_seconds")).tag(config=True)

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)  # type: ignore[no-untyped-call]
        self.places: set[Place] = set()
        self._ends: set[asyncio.Task[None]] = set()

    def take_place(self, owner: str, seal: str) -> Place:
        """A place for a page."""
        own = sum(place.owner == owner for place in self.places)
        if self.most and len(self.places) >= self.most:
            raise TooManyPages("all", self.most)
        if owner and self.most_each and own >= self.most_each:
            raise TooManyPages("own", self.most_each)
        place = Place(owner, seal)
        self.places.add(place)
        return place

    def place_of(self, kernel_id: str) -> Place | None:
        """The place of a kernel that is not being ended."""
        found = (place for place in self.places if place.kernel_id == kernel_id and not place.over.is_set())
        return next(found, None) if kernel_id else None

    async def start_kernel(self, **more: Any) -> str:  # type: ignore[override]
        """Start a kernel in the place of the page that is being sent, or in one of its own (JupyterLab)."""
        place = PLACE.get(None)
        try:
            place = place or self.take_place("", "")
        except TooManyPages as full:
            raise web.HTTPError(503, f"{full}; shut one down first. 已达上限，请先关闭一个。") from full
        try:
            kernel_id: str = await super().start_kernel(**more)
        except BaseException:
            self._leave(place)
            raise
        place.kernel_id = kernel_id
        if place.over.is_set():  # the session ended while the kernel started
            await self._shut_down(place, now=True)
            raise web.HTTPError(403)
        if not place.is_open:  # its visitor left while it started
            self._end_soon(place)
        return kernel_id

    def remove_kernel(self, kernel_id: str) -> Any:
        """Forget a kernel that has ended, and free its place."""
        for place in [place for place in self.places if place.kernel_id == kernel_id]:
            self._leave(place)
        return super().remove_kernel(kernel_id)

    def page_sent(self, place: Place, *, is_whole: bool = True) -> None:
        """Note that a page has been sent, or (not whole) that its visitor left before the end."""
        place.is_open = False
        if not place.kernel_id and is_whole:
            self._leave(place)
        elif place.kernel_id and not place.timer and not self._kernel_connections.get(place.kernel_id):
            self._end_soon(place)

    def notify_connect(self, kernel_id: str) -> None:
        """Note a connection: the page is there, so its kernel stays."""
        super().notify_connect(kernel_id)  # type: ignore[no-untyped-call]
        place = self.place_of(kernel_id)
        if place and place.timer:
            place.timer.cancel()
            place.timer = None

    def notify_disconnect(self, kernel_id: str) -> None:
        """Note that a connection was closed; after the last one the kernel ends soon."""
        super().notify_disconnect(kernel_id)  # type: ignore[no-untyped-call]
        place = self.place_of(kernel_id)
        if place and not place.is_open and not self._kernel_connections.get(kernel_id):
            self._end_soon(place)

    def end_others(self, seal_of: Callable[[str], str]) -> None:
        """End at once the kernel of every page whose session is over."""
        for place in [place for place in self.places if place.seal != seal_of(place.owner)]:
            if not place.over.is_set():
                _log.info("page ended with its session: %s", place.owner or "the holder of the token")
                self._end(place, now=True)

    def _end_soon(self, place: Place) -> None:
        if not self.closed_seconds or place not in self.places:
            return
        loop = asyncio.get_running_loop()
        place.timer = loop.call_later(self.closed_seconds, lambda: self._end(place, now=False))

    def _end(self, place: Place, *, now: bool) -> None:
        place.over.set()
        for socket in tuple(place.sockets):
            socket.close(_SESSION_OVER if now else 1001)
        if place.kernel_id:
            task = asyncio.get_running_loop().create_task(self._shut_down(place, now=now))
            self._ends.add(task)
            task.add_done_callback(self._ends.discard)

    async def _shut_down(self, place: Place, *, now: bool) -> None:
        try:
            if place.kernel_id in self:
                await ensure_async(self.shutdown_kernel(place.kernel_id, now=now))  # type: ignore[no-untyped-call]
        except (web.HTTPError, KeyError, RuntimeError) as error:
            _log.warning("kernel %s had ended already: %r", place.kernel_id, error)
        finally:
            self._leave(place)

    def _leave(self, place: Place) -> None:
        if place.timer:
            place.timer.cancel()
            place.timer = None
        self.places.discard(place)


def kernels_of(handler: JupyterHandler) -> PageKernels:
    """The kernels of the server that a handler belongs to."""
    return cast(PageKernels, handler.kernel_manager)
