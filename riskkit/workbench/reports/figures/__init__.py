"""Figures of cases and methods, with their text alternative."""
