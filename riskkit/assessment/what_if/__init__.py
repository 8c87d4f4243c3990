"""What a measure or a further test would change."""
