"""Fault trees, bow ties, Bayesian networks and models of product hazards."""
