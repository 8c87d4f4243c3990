"""What composes the streams for one case: numbers, levels, sentences, comparison of methods."""
