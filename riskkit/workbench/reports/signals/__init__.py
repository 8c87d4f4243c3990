"""Signals of the week and what they are worth on history."""
