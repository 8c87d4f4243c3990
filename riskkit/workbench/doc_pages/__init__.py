"""Pages of the documentation that are computed."""
