"""The commands of a warning."""
