"""Which inputs drive a result, and how robust it is."""
