"""Tokens and passwords wait here to be checked: beside the server's loop, one of each address at a time."""

from __future__ import annotations

import asyncio
import functools
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from riskkit.workbench.serving.limits import limit
from riskkit.workbench.serving.throttle import Throttle, network

_BUSY_SECONDS = 1.0
T = TypeVar("T")


class Gate:
    """Slows guesses, and keeps the checking of secrets from holding up the pages."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._throttle = Throttle()
        self._waiting: Counter[str] = Counter()
        self._turns: dict[str, asyncio.Lock] = {}
        self._threads = ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // 2), "riskkit-secrets")

    @asynccontextmanager
    async def turn(self, address: str, name: str) -> AsyncIterator[float]:
        """Wait for one's turn."""
        key = network(address)
        wait, most = self._throttle.wait(address, name, now=self._clock()), limit("checks_waiting")
        is_busy = self._waiting.total() >= most or self._waiting[key] >= most / 2
        if wait or is_busy:
            yield wait or _BUSY_SECONDS
            return
        self._waiting[key] += 1
        lock = self._turns.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                yield self._throttle.wait(address, name, now=self._clock())
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key], self._turns[key]

    def note(self, address: str, name: str, *, is_right: bool) -> None:
        """Count what came out."""
        if is_right:
            self._throttle.right(address, name)
        else:
            self._throttle.wrong(address, name, now=self._clock())

    async def beside(self, check: Callable[..., T], *given: Any, **more: Any) -> T:
        """Run a check in a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, functools.partial(check, *given, **more))
