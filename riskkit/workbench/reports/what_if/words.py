"""The words of the what-if report, in zh and en, and how it writes amounts with their intervals."""

from __future__ import annotations
