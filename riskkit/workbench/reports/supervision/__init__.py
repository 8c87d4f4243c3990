"""Supervision of firms and products: modes, procedures, shares inspected, lots, fairness, the public draw."""
