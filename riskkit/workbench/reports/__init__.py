"""The reports, a folder a subject."""
