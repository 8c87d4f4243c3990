"""Evidence comes in and is counted."""
