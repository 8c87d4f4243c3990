"""The sections of a case report, as blocks."""
