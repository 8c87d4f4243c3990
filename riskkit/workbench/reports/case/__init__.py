"""The sections of a case report."""
