"""Sampling: plans of acceptance, sample sizes that detect, samples shared out."""
