"""Tracing of lots: where they came from and went, what a recall has to cover, and how an exercise went."""
