"""The names of the engines of reports, for those who need no more than these."""

FORKED, STOCK = "riskkit", "stock"
"""Ours, and papermill's own."""
