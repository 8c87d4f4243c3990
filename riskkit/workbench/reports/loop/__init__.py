"""The whole chain on one register: from raw files to the plan of the next year."""
