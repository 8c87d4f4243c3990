"""Commands about tracing."""
