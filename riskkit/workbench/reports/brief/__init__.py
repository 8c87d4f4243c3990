"""The two-page brief."""
