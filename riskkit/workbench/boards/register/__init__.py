"""The board of a register."""
