"""Doses, migration, hazard quotients and comparisons of laboratories."""
