"""Next year's monitoring plan: where a further sample is worth most."""
