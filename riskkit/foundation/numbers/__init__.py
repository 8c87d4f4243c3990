"""Distributions, units, exact numbers and what is carried through a calculation."""
