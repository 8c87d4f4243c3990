"""Warnings on their way to people and other systems: CAP, feeds, calendars."""
