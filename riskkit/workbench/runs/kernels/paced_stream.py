"""The stream on which the kernel of a report prints."""

from __future__ import annotations

from ipykernel.iostream import OutStream

_SENT_AT_ONCE = 1_000_000


class PacedStream(OutStream):
    """Waits after each 1 MB until it is sent."""

    _unsent = 0

    def write(self, string: str) -> int:
        """Write to the stream, and send from time to time."""
        written = super().write(string) or 0
        self._unsent += len(string)
        if self._unsent > _SENT_AT_ONCE:
            self._unsent = 0
            self.flush()  # type: ignore[no-untyped-call]
        return written
