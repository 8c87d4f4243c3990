"""The overview for leadership: levels now and over time, what has changed, where."""
