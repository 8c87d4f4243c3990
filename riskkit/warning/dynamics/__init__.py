"""Warnings over time: the steps of their life, what is due, and when a level moves."""
