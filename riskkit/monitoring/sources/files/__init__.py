"""Files of any kind as rows: opened safely, decoded, cut into rows."""
