"""A session of the expert committee: ballots, minutes, report."""
