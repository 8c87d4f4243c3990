"""预警: documents, approval and release of warnings, in the ledger and on disk."""
