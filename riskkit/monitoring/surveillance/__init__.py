"""Which counts rise beyond chance: detectors over thousands of series, and what they are worth."""
