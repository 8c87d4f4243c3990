"""The level of quality and safety of imports and exports (task 7)."""
