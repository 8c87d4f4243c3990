"""Commands about technical trade measures."""
