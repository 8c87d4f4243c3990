"""Acceptance of third-party reports (采信, task 21): agreement with re-tests, and the decision on a day."""
