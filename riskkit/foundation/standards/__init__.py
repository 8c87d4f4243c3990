"""Published standards, scales, codes and lists as tables with a source and dates in force."""
