"""What stands where among warnings, what moved, and what new evidence asks for."""
