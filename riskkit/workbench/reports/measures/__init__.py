"""The report on the measures that a case calls for."""
