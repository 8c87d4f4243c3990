"""The one place that asks another host: politely, within limits, and only the host that was named."""

from __future__ import annotations

import datetime as dt
import email.utils
import http.client
import ipaddress
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import riskkit
from riskkit.foundation.inputs.faults import Fault, InputFaults, refuse, shown

SECONDS_BETWEEN = 1.5  # openFDA allows 240 a minute without a key; we ask for far less
_TIMEOUT = 60
_MOST_BYTES = 64_000_000
# a host that is busy five times is not pressed further: what came is kept for another day
_TRIES = 5
_LONGEST_WAIT = 600
_LATER = (429, 500, 502, 503, 504)
_AGENT = f"riskkit/{riskkit.__version__} (risk assessment of traded goods; asks for public notices only)"
_ACCEPTED = "application/json, application/xml;q=0.9"


class _SameHost(urllib.request.HTTPRedirectHandler):
    """A redirect to another host or another scheme is not followed."""

    def redirect_request(self, req: Any, *about: Any) -> Any:
        """Follow within the host; the last of what urllib gives is the new address."""
        before, after = urlsplit(req.full_url), urlsplit(about[-1])
        if (before.scheme, before.netloc) != (after.scheme, after.netloc):
            fault = Fault("redirect", shown(about[-1]), f"an address on {before.netloc}")
            raise InputFaults("fetch", [fault])
        return super().redirect_request(req, *about)


@dataclass
class Asker:
    """Asks one page after another, never two at once, and waits as the host says."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    n_asked: int = 0
    _free_at: float = field(default=0.0)

    def ask(self, address: str) -> tuple[int, bytes]:
        """The status and content of an answer; a host that is busy is asked again later, a few times."""
        _require_safe(address)
        status = 0
        for _ in range(_TRIES):
            self.sleep(max(0.0, self._free_at - self.clock()))
            status, raw, headers = self._once(address)
            self._free_at = self.clock() + SECONDS_BETWEEN
            if status not in _LATER:
                return status, raw
            wait = _told_to_wait(headers.get("Retry-After", ""), self.now())
            rule = f"at most {_LONGEST_WAIT} s; the pages so far are kept: run the same command again later"
            refuse("fetch", [Fault("Retry-After", f"{wait:.0f} s", rule)] if wait > _LONGEST_WAIT else [])
            self._free_at = self.clock() + max(wait, SECONDS_BETWEEN * 4)
        host = urlsplit(address).netloc
        rule = "an answer; the pages so far are kept: run the same command again later"
        raise InputFaults("fetch", [Fault(host, f"HTTP {status}, {_TRIES} times", rule)])

    def _once(self, address: str) -> tuple[int, bytes, Any]:
        self.n_asked += 1
        request = urllib.request.Request(  # noqa: S310 - `ask` takes https alone
            address, headers={"User-Agent": _AGENT, "Accept": _ACCEPTED}
        )
        opener = urllib.request.build_opener(_SameHost)
        try:
            with opener.open(request, timeout=_TIMEOUT) as answer:
                return answer.status, _limited(answer), answer.headers
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _limited(error), error.headers
        except (OSError, ValueError, http.client.HTTPException) as error:
            host = urlsplit(address).netloc
            fault = Fault(host, type(error).__name__, f"a host that answers ({error})")
            raise InputFaults("fetch", [fault]) from None


def _require_safe(address: str) -> None:
    parts = urlsplit(address)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(parts.hostname or ""))
    refuse("fetch", [] if is_safe else [Fault("address", shown(address), "https")])


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _limited(answer: Any) -> bytes:
    raw: bytes = answer.read(_MOST_BYTES + 1)
    large = [Fault("answer", "too large", f"at most {_MOST_BYTES:,} bytes")]
    refuse("fetch", large if len(raw) > _MOST_BYTES else [])
    return raw


def _told_to_wait(text: str, now: dt.datetime) -> float:
    """What Retry-After says: seconds, or a date."""
    if text.strip().isdecimal():
        return float(text)
    try:
        return max(0.0, (email.utils.parsedate_to_datetime(text) - now).total_seconds())
    except (TypeError, ValueError):
        return 0.0
