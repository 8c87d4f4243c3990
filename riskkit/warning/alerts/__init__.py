"""预警文书: which document a warning needs, what it must say, and whether a consumer can read it."""
