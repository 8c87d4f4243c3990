"""Readers of public databases."""
