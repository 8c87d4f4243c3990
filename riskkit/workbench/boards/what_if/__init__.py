"""The what-if dashboard."""
