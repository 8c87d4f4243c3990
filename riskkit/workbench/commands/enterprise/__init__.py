"""Commands about enterprises."""
