"""Tokens and passwords wait here to be checked: beside the server's loop, one of each address at a time."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import math
import os
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from riskkit.workbench.serving.limits import limit

_LONGEST_NAME = 64


@dataclass
class _Count:
    wrong: int = 0
    free_at: float = 0.0
    last: float = -math.inf


class _Counts:
    """Wrong ones by key; the least recent key goes when there are too many."""

    def __init__(self, free: int, most: int) -> None:
        self._free, self._most = free, most
        self._counts: OrderedDict[str, _Count] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counts)

    def _count(self, key: str, now: float) -> _Count:
        found = self._counts.get(key)
        if found is None or now - found.last > limit("forget_seconds"):
            return _Count()
        return found

    def wait(self, key: str, now: float) -> float:
        return max(0.0, self._count(key, now).free_at - now)

    def has_to_wait(self, key: str, now: float) -> bool:
        return self._count(key, now).wrong >= self._free

    def add(self, key: str, now: float) -> None:
        count = self._count(key, now)
        count.wrong, count.last = count.wrong + 1, now
        beyond = count.wrong - self._free
        if beyond >= 0:
            wait = limit("first_wait_seconds") * 2.0 ** min(beyond, 30)
            count.free_at = now + min(wait, limit("longest_wait_seconds"))
        self._counts[key] = count
        self._counts.move_to_end(key)
        while len(self._counts) > self._most:
            self._counts.popitem(last=False)


class Throttle:
    """Who has to wait before the next token or password is looked at."""

    def __init__(self) -> None:
        most = int(limit("tracked_guessers"))
        self._addresses = _Counts(int(limit("free_guesses_address")), most)
        self._names = _Counts(int(limit("free_guesses_name")), most)
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._most = most

    def __len__(self) -> int:
        return len(self._addresses) + len(self._names) + len(self._known)

    def wait(self, address: str, name: str, *, now: float) -> float:
        """How long somebody has to wait, in seconds; 0 when they may try."""
        address, name = network(address), name[:_LONGEST_NAME]
        by_name = 0.0 if (address, name) in self._known else self._names.wait(name, now)
        return max(self._addresses.wait(address, now), by_name)

    def wrong(self, address: str, name: str, *, now: float) -> None:
        """Count a wrong token or password."""
        address, name = network(address), name[:_LONGEST_NAME]
        if not self._addresses.has_to_wait(address, now):
            self._names.add(name, now)
        self._addresses.add(address, now)

    def right(self, address: str, name: str) -> None:
        """Remember where somebody signs in from. Nothing is forgiven: an own token frees no guesses."""
        key = network(address), name[:_LONGEST_NAME]
        self._known[key] = None
        self._known.move_to_end(key)
        while len(self._known) > self._most:
            self._known.popitem(last=False)


def network(address: str) -> str:
    """What an address is counted as: itself, or for IPv6 the network that one subscriber usually gets."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((int(found), 64), strict=False))
    return str(found)


def address_of(peer: str, forwarded: str, proxies: tuple[str, ...]) -> str:
    """Where a request comes from: the peer, or what a believed proxy says of it."""
    if peer not in proxies:
        return peer
    named = [part.strip() for part in forwarded.split(",") if part.strip()]
    heard = next((part for part in reversed(named) if part not in proxies), peer)
    return heard if network(heard) != "unknown" else peer


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
