"""The report on emergencies at ports."""
