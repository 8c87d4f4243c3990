"""Inspection catalogue: commodity codes across HS editions, and proposals to move goods in and out."""
