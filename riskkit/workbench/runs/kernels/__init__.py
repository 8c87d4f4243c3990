"""Processes that execute notebooks, and their limits."""
