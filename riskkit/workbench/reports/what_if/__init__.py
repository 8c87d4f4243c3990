"""Reports on measures and further tests."""
