"""A committee at work: its secrets, its room in the ledger, its ballot forms, its report."""
