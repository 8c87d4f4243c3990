"""Commands about the signals of a week."""
