"""What is done about a risk, and whether that worked."""
