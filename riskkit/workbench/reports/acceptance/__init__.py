"""Acceptance of third-party reports: decisions, agreement with re-tests, scope and the public list."""
