"""Enterprises (task 17): notices and what they ask, the ledger of duties, improvement."""
