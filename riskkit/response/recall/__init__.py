"""Recalls: duties and their clocks, progress, the curve ahead, and what to do next."""
