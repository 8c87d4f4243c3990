"""The level of quality and safety: index, ranks, what moved it, and what assessments changed."""
