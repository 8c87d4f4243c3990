"""The ledger: an append-only, hash-chained log of decisions."""
