"""Monitoring: evidence comes in, is counted, and is planned for."""
