"""Rates of nonconformity with their intervals, shrunk, over time, and fit for publication."""
