"""Readers of the sheets that riskkit itself hands out."""
