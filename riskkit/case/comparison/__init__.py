"""One case under several methods."""
