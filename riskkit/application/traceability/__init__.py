"""Tracing of quality and safety (task 22): where a lot came from, where it went, who kept the records."""
