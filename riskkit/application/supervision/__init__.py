"""Supervision of imports and exports: how much of what is inspected, and what happens to each lot."""
