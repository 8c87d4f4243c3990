"""The facts of a case: read, checked, compared with experience."""
