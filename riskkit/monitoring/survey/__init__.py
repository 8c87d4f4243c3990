"""Estimates from complex samples."""
