"""What is kept: the register of evidence."""
