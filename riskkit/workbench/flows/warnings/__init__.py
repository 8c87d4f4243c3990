"""A warning from proposal to lifting: documents, delivery, review."""
