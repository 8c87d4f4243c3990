"""Work that runs in steps over a ledger: the committee, warnings."""
