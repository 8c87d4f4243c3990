"""How often somebody may hand in a report: by address and in all, over an hour, with bounded memory."""

from __future__ import annotations

from collections import OrderedDict, deque

from riskkit.workbench.serving.limits import limit
from riskkit.workbench.serving.throttle import network


class Rate:
    """Who has to wait before the next report."""

    def __init__(self) -> None:
        self._by_address: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque()

    def __len__(self) -> int:
        return len(self._by_address)

    def take(self, address: str, *, now: float) -> float:
        """Count one and give 0, or count none and give the seconds to wait."""
        mine = self._by_address.get(network(address), deque())
        wait = max(
            _wait(mine, int(limit("intake_per_address")), now),
            _wait(self._all, int(limit("intake_together")), now),
        )
        if wait == 0:
            mine.append(now)
            self._all.append(now)
            self._by_address[network(address)] = mine
            self._by_address.move_to_end(network(address))
            while len(self._by_address) > int(limit("tracked_guessers")):
                self._by_address.popitem(last=False)
        return wait


def _wait(times: deque[float], most: int, now: float) -> float:
    hour = limit("intake_seconds")
    while times and times[0] <= now - hour:
        times.popleft()
    return 0.0 if len(times) < most else times[0] + hour - now
